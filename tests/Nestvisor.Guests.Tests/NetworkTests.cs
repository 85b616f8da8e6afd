namespace Nestvisor.Guests.Tests;

/// <summary>Machines on virtual switches, with a kernel in them.</summary>
public sealed class NetworkTests
{
    [Theory]
    [InlineData(GuestUser.Caller)]
    [InlineData(GuestUser.Unprivileged)]
    public void Machine_OnTheDefaultSwitch_IsOnlineWithoutANetworkCommand(GuestUser user)
    {
        using NetworkLab lab = new(user);
        _ = lab.Serve();
        lab.StartGuest("Guest", "Default Switch", "dhcp=1");

        Assert.Contains("hello of the outside", lab.Run("Guest", "wget -q -O - http://10.50.0.1/hello"), StringComparison.Ordinal);
        string address = lab.Do("(Get-VMNetworkAdapter -VMName Guest).IPAddresses -like '*.*.*.*'").Trim();
        Assert.Contains($"eth0: lease {address}/", lab.Do("Get-VMConsoleLog Guest | Select-String 'eth0: lease .*gateway .*dns'"), StringComparison.Ordinal);
    }

    [Fact]
    public void Machine_OfAUserWithoutNamespaces_IsOnlineByAPasstOfItsOwn()
    {
        using NetworkLab lab = new(GuestUser.Unprivileged, confined: true);
        byte[] page = new byte[4 << 20];
        new Random(1).NextBytes(page);
        File.WriteAllBytes(Path.Combine(lab.Serve(), "page"), page);
        lab.StartGuest("Guest", "Default Switch", "dhcp=1");
        Assert.Contains("passt of its own", lab.Do("Stop-VM Guest -TurnOff; Start-VM Guest 3>&1; Wait-VMConsoleText -VMName Guest -Pattern 'Guest: ready' -Timeout 300"), StringComparison.Ordinal);

        Assert.Contains("hello of the outside", lab.Run("Guest", "wget -q -O - http://10.50.0.1/hello"), StringComparison.Ordinal);

        // The guest has the host's address, since passt speaks for it.
        Assert.Equal("10.50.0.2", lab.Do("(Get-VMNetworkAdapter -VMName Guest).IPAddresses -like '*.*.*.*'").Trim());
        Assert.Contains(Sum(page), lab.Run("Guest", "wget -q -O - http://10.50.0.1/page | md5sum"), StringComparison.Ordinal);

        _ = lab.Do("Disconnect-VMNetworkAdapter -VMName Guest");
        Assert.Contains("carrier 0", lab.Run("Guest", "echo carrier $(cat /sys/class/net/eth0/carrier)"), StringComparison.Ordinal);
        _ = lab.Do("Connect-VMNetworkAdapter -VMName Guest -SwitchName 'Default Switch'");
        Assert.Contains("carrier 1", lab.Run("Guest", "echo carrier $(cat /sys/class/net/eth0/carrier)"), StringComparison.Ordinal);
        Assert.Contains("hello of the outside", lab.Run("Guest", "wget -q -O - http://10.50.0.1/hello"), StringComparison.Ordinal);

        _ = LabProcess.Run(["pkill", "-f", $"^/[a-z/]*passt .*{lab.Session.Folder.File("r/passt")}"]);
        _ = lab.Type("Guest", "while [ $(cat /sys/class/net/eth0/carrier) = 1 ]; do :; done; echo without a carrier", "^without a carrier");
        Assert.Equal("Running Error", lab.Do("\"$((Get-VM Guest).State) $((Get-VMNetworkAdapter -VMName Guest).Status)\"").Trim());
    }

    // What a processor sends goes by its own queue, and answers come by it.
    [Fact]
    public void Machine_OfTwoProcessors_HasAQueueForEach()
    {
        using NetworkLab lab = new();
        byte[] page = new byte[4 << 20];
        new Random(1).NextBytes(page);
        File.WriteAllBytes(Path.Combine(lab.Serve(), "page"), page);
        _ = lab.Do("New-VMSwitch -Name Outside -NetAdapterName up0");
        lab.StartGuest("Guest", "Outside", "address=10.50.0.3/24", processors: 2);

        string output = lab.Run("Guest", "for cpu in 0 1; do (taskset $((cpu + 1)) wget -q -O - http://10.50.0.1/page | md5sum) & done; wait");
        Assert.Equal(3, output.Split(Sum(page)).Length);

        string[] interrupts = lab.Run("Guest", "grep -E 'virtio[0-9]+-(in|out)put' /proc/interrupts").Split('\n');
        foreach (string queue in (string[])["input.0", "input.1", "output.0", "output.1"])
        {
            string line = Assert.Single(interrupts, line => line.TrimEnd().EndsWith(queue, StringComparison.Ordinal));
            Assert.NotEqual(0, line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..3].Sum(int.Parse));
        }
    }

    [Fact]
    public void Machines_OfOneVlan_ReachEachOther()
    {
        using NetworkLab lab = new();
        _ = lab.Do("New-VMSwitch -Name Lab -SwitchType Private");
        lab.StartGuest("A", "Lab", "address=10.60.0.1/24");
        lab.StartGuest("B", "Lab", "address=10.60.0.2/24");

        Assert.Contains("2 packets received", lab.Run("A", "ping -c 2 10.60.0.2"), StringComparison.Ordinal);
        _ = lab.Do("Set-VMNetworkAdapterVlan -VMName A -Access -VlanId 5");
        Assert.Contains(" 0 packets received", lab.Run("A", "ping -c 2 -W 1 10.60.0.2"), StringComparison.Ordinal);
        _ = lab.Do("Set-VMNetworkAdapterVlan -VMName B -Access -VlanId 5");
        Assert.Contains("2 packets received", lab.Run("A", "ping -c 2 10.60.0.2"), StringComparison.Ordinal);
        _ = lab.Do("Set-VMNetworkAdapterVlan -VMName B -Access -VlanId 6");
        Assert.Contains(" 0 packets received", lab.Run("A", "ping -c 2 -W 1 10.60.0.2"), StringComparison.Ordinal);
    }

    [Fact]
    public void DhcpServer_BehindAGuardedAdapter_LeasesNothing()
    {
        using NetworkLab lab = new();
        _ = lab.Do("New-VMSwitch -Name Lab -SwitchType Private");
        lab.StartGuest("A", "Lab", "address=10.60.0.1/24 lease=10.60.0.2");
        lab.StartGuest("B", "Lab", "");
        const string Ask = "udhcpc -q -n -t 3 -T 1 -i eth0 -s /bin/dhcp-lease";

        _ = lab.Do("Set-VMNetworkAdapter -VMName A -DhcpGuard On");
        Assert.Contains("no lease", lab.Run("B", Ask), StringComparison.Ordinal);
        _ = lab.Do("Set-VMNetworkAdapter -VMName A -DhcpGuard Off");
        Assert.Contains("lease of 10.60.0.2 obtained", lab.Run("B", Ask), StringComparison.Ordinal);
    }

    private static string Sum(byte[] page)
    {
#pragma warning disable CA5351 // A check sum that busybox has.
        return Convert.ToHexStringLower(System.Security.Cryptography.MD5.HashData(page));
#pragma warning restore CA5351
    }
}
