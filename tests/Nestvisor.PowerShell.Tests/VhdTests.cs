using System.Buffers.Binary;
using System.Management.Automation;
using System.Security.Cryptography;
using Nestvisor.Storage;

namespace Nestvisor.PowerShell.Tests;

/// <summary>The commands on virtual hard disk files.</summary>
public sealed class VhdTests : IClassFixture<Session>, IDisposable
{
    private const string Ids = "Microsoft.Vhd.PowerShell.Cmdlets.";

    private readonly Session _session;
    private readonly string _folder;

    public VhdTests(Session session)
    {
        _session = session;
        _folder = Directory.CreateTempSubdirectory("nv-vhd-").FullName;
        _ = session.Run($"$global:d = '{_folder}'");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void NewVHD_NothingButASize_IsDynamicWithHyperVsDefaults() => Assert.Equal(
        "VHDX Dynamic 42949672960 33554432 512 4096 True False   True False None True",
        _session.Text(
            """
            $v = New-VHD "$d/a.vhdx" 40GB
            '{0} {1} {2} {3} {4} {5} {6} {7} {8} {9} {10} {11} {12} {13}' -f $v.VhdFormat, $v.VhdType, $v.Size, $v.BlockSize, $v.LogicalSectorSize, $v.PhysicalSectorSize,
                ($v.FileSize -lt 64MB), $v.Attached, $v.ParentPath, $v.DiskNumber, ($v.DiskIdentifier -match '^[0-9A-F-]{36}$'), $v.IsPMEMCompatible,
                $v.AddressAbstractionType, ($v.ComputerName -eq [Environment]::MachineName)
            """));

    [Theory]
    [InlineData("a.vhd -SizeBytes 1GB", "VHD Dynamic 1073741824 2097152 512 512")]
    [InlineData("a.VHD -SizeBytes 4MB -Fixed", "VHD Fixed 4194304 0 512 512")]
    [InlineData("a.vhdx -SizeBytes 4MB -Fixed", "VHDX Fixed 4194304 33554432 512 4096")]
    [InlineData("a.img -SizeBytes 4MB -Fixed", "Unknown Fixed 4194304 0 512 512")]
    [InlineData("a.vhdx -SizeBytes 64TB -BlockSizeBytes 256MB -LogicalSectorSizeBytes 4096", "VHDX Dynamic 70368744177664 268435456 4096 4096")]
    [InlineData("a.vhdx -SizeBytes 1GB -Dynamic -BlockSizeBytes 1MB -PhysicalSectorSizeBytes 512", "VHDX Dynamic 1073741824 1048576 512 512")]
    [InlineData("a.vhd -SizeBytes 2040GB -BlockSizeBytes 512KB", "VHD Dynamic 2190433320960 524288 512 512")]
    public void NewVHD_WithOptions_MakesWhatIsAskedFor(string arguments, string expected) => Assert.Equal(
        expected,
        _session.Text(
            $$"""
            $v = New-VHD $d/{{arguments}}
            $g = Get-VHD $v.Path
            if ($g.DiskIdentifier -ne $v.DiskIdentifier -or $g.FileSize -ne $v.FileSize) { throw 'not the same' }
            '{0} {1} {2} {3} {4} {5}' -f $g.VhdFormat, $g.VhdType, $g.Size, $g.BlockSize, $g.LogicalSectorSize, $g.PhysicalSectorSize
            """));

    [Theory]
    [InlineData("a.vhd 2041GB", "InvalidParameter", "2040 GB")]
    [InlineData("a.vhdx 65TB", "InvalidParameter", "64 TB")]
    [InlineData("a.vhdx 18446744073709551615", "InvalidParameter", "64 TB")]
    [InlineData("a.vhdx 1MB", "InvalidParameter", "3 MB")]
    [InlineData("a.vhdx 4194305", "InvalidParameter", "sectors of 512")]
    [InlineData("a.vhdx 4194816 -LogicalSectorSizeBytes 4096", "InvalidParameter", "sectors of 4096")]
    [InlineData("a.vhd 1GB -LogicalSectorSizeBytes 4096", "InvalidParameter", "512 bytes")]
    [InlineData("a.vhd 1GB -PhysicalSectorSizeBytes 4096", "InvalidParameter", "512 bytes")]
    [InlineData("a.vhdx 1GB -LogicalSectorSizeBytes 4096 -PhysicalSectorSizeBytes 512", "InvalidParameter", "smaller than a logical")]
    [InlineData("a.vhdx 1GB -BlockSizeBytes 3MB", "InvalidParameter", "power of two")]
    [InlineData("a.vhdx 1GB -BlockSizeBytes 512MB", "InvalidParameter", "256 MB")]
    [InlineData("a.vhd 1GB -BlockSizeBytes 1MB", "InvalidParameter", "512 KB or 2 MB")]
    [InlineData("a.vhd 1GB -Fixed -BlockSizeBytes 2MB", "InvalidParameter", "blocks")]
    [InlineData("a.img 4MB", "InvalidParameter", "always fixed")]
    [InlineData("a.vhds 1GB", "NotSupported", ".vhds")]
    [InlineData("a.avhdx 1GB", "NotSupported", ".avhdx")]
    [InlineData("nix/a.vhdx 1GB", "ObjectNotFound", "folder")]
    [InlineData("a.vhdx -ParentPath $d/p.vhdx", "NotSupported", "-ParentPath")]
    [InlineData("a.vhdx -SourceDisk 1 -Dynamic", "NotSupported", "-SourceDisk")]
    [InlineData("a.vhdx 1GB -Fixed -AddressAbstractionType BTT", "NotSupported", "-AddressAbstractionType")]
    [InlineData("a.vhdx 1GB -Fixed -DataAlignmentBytes 1073741824", "NotSupported", "-DataAlignmentBytes")]
    [InlineData("a.vhdx 1GB -ComputerName elsewhere", "NotSupported", "elsewhere")]
    public void NewVHD_ThatCannotBe_SaysWhyAndLeavesNothing(string arguments, string identifier, string named)
    {
        ErrorRecord error = _session.Fail($"New-VHD $d/{arguments}");

        Assert.Equal($"{identifier},{Ids}NewVhd", error.FullyQualifiedErrorId);
        Assert.Contains(named, error.Exception.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("Microsoft.HyperV.PowerShell.VirtualizationException", error.Exception.GetType().FullName);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void NewVHD_OfAFileThatIsThere_LeavesItAlone()
    {
        File.WriteAllText(Path.Combine(_folder, "a.vhdx"), "mine");

        ErrorRecord error = _session.Fail("New-VHD $d/a.vhdx 1GB");

        Assert.Equal($"OperationFailed,{Ids}NewVhd", error.FullyQualifiedErrorId);
        Assert.Equal($"NotSpecified: ({_folder}/a.vhdx:String) [New-VHD], VirtualizationException", error.CategoryInfo.ToString());
        Assert.Equal("mine", File.ReadAllText(Path.Combine(_folder, "a.vhdx")));
    }

    [Fact]
    public void NewVHD_SeveralPathsAndWhatIf_MakesThoseThatItCan()
    {
        (IReadOnlyCollection<PSObject> output, List<ErrorRecord> errors, _) =
            _session.RunAll("New-VHD $d/w.vhdx 1GB -WhatIf; New-VHD \"$d/a.vhdx\", \"$d/nix/b.vhdx\", \"$d/c.vhd\" 4MB; \"$d/p.vhdx\" | New-VHD -SizeBytes 4MB");

        Assert.Equal(3, output.Count);
        _ = Assert.Single(errors);
        Assert.Equal(["a.vhdx", "c.vhd", "p.vhdx"], Directory.EnumerateFiles(_folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void GetVHD_ByPathWildcardFileAndMachine_FindsThem() => Assert.Equal(
        "a1.vhdx,a2.vhdx|b.vhd|[x].vhdx|a1.vhdx|a1.vhdx,b.vhd|a1.vhdx,b.vhd|a1.vhdx,b.vhd",
        _session.Text(
            """
            'a1.vhdx', 'a2.vhdx', 'b.vhd', '[x].vhdx' | ForEach-Object { $null = New-VHD "$d/$_" 4MB }
            $vm = New-VM g -VHDPath "$d/a1.vhdx"; Add-VMHardDiskDrive g -Path "$d/b.vhd"
            $null = $ExecutionContext.SessionState.Path.SetLocation($d)
            $all = @(
                , @(Get-VHD .\a*.vhdx)
                , @([IO.FileInfo]"$d/b.vhd" | Get-VHD)
                , @(Get-VHD '[x].vhdx')
                , @("$d/a1.vhdx" | Get-VHD)
                , @(Get-VHD -VMId $vm.Id)
                , @([pscustomobject]@{ VMId = $vm.Id } | Get-VHD)
                , @(Get-VMHardDiskDrive g | Get-VHD))
            $null = $ExecutionContext.SessionState.Path.SetLocation('/')
            Remove-VM g -Force
            ($all | ForEach-Object { ($_.Path | ForEach-Object { [IO.Path]::GetFileName($_) }) -join ',' }) -join '|'
            """));

    [Theory]
    [InlineData("Get-VHD $d/nix.vhdx", "ObjectNotFound", "GetVHD")]
    [InlineData("Get-VHD $d/nix*.vhdx", "ObjectNotFound", "GetVHD")]
    [InlineData("Get-VHD $d", "InvalidParameter", "GetVHD")]
    [InlineData("Get-VHD C:\\a.vhdx", "InvalidParameter", "GetVHD")]
    [InlineData("Get-VHD -DiskNumber 1", "NotSupported", "GetVHD")]
    [InlineData("Get-VHD -VMId 00000000-0000-0000-0000-000000000001", "ObjectNotFound", "GetVHD")]
    [InlineData("Get-VHD $d/bad.vhdx", "OperationFailed", "GetVHD")]
    [InlineData("Resize-VHD $d/nix.vhdx 1GB", "ObjectNotFound", "ResizeVhd")]
    [InlineData("Resize-VHD $d/bad.vhdx 1GB", "OperationFailed", "ResizeVhd")]
    [InlineData("Optimize-VHD $d/nix.vhdx", "ObjectNotFound", "OptimizeVhd")]
    [InlineData("Convert-VHD $d/nix.vhdx $d/b.vhd", "ObjectNotFound", "ConvertVhd")]
    [InlineData("Convert-VHD $d/bad.vhdx $d/b.vhd", "OperationFailed", "ConvertVhd")]
    [InlineData("Convert-VHD $d/good.vhdx $d/bad.vhdx", "OperationFailed", "ConvertVhd")]
    [InlineData("Convert-VHD $d/good.vhdx $d/b.vhd -VHDType Differencing", "NotSupported", "ConvertVhd")]
    [InlineData("Convert-VHD $d/good.vhdx $d/b.vhd -VHDType Unknown", "InvalidParameter", "ConvertVhd")]
    [InlineData("Convert-VHD $d/good.vhdx $d/b.img -VHDType Dynamic", "InvalidParameter", "ConvertVhd")]
    [InlineData("Convert-VHD $d/good.vhdx $d/b.vhd -BlockSizeBytes 3MB", "InvalidParameter", "ConvertVhd")]
    [InlineData("Convert-VHD $d/good.vhdx $d/b.vhd -ParentPath $d/p.vhd", "NotSupported", "ConvertVhd")]
    [InlineData("Convert-VHD $d/4k.vhdx $d/b.vhd", "InvalidParameter", "ConvertVhd")]
    [InlineData("Set-VHD $d/nix.vhdx -ResetDiskIdentifier -Force", "ObjectNotFound", "SetVhd")]
    [InlineData("Set-VHD $d/good.vhdx -ParentPath $d/p.vhdx", "NotSupported", "SetVhd")]
    [InlineData("Set-VHD $d/good.vhd -PhysicalSectorSizeBytes 4096", "InvalidParameter", "SetVhd")]
    [InlineData("Set-VHD $d/good.img -ResetDiskIdentifier -Force", "InvalidParameter", "SetVhd")]
    [InlineData("Set-VHD $d/4k.vhdx -PhysicalSectorSizeBytes 512", "OperationFailed", "SetVhd")]
    [InlineData("Test-VHD $d/good.vhdx -SupportPersistentReservations", "NotSupported", "TestVhd")]
    public void Command_OnAFileThatCannotBe_SaysWhyAndChangesNothing(string script, string identifier, string command)
    {
        _ = _session.Run("'good.vhdx', 'good.vhd' | ForEach-Object { $null = New-VHD \"$d/$_\" 4MB }; $null = New-VHD $d/good.img 4MB -Fixed; $null = New-VHD $d/4k.vhdx 4MB -LogicalSectorSizeBytes 4096");
        File.WriteAllBytes(Path.Combine(_folder, "bad.vhdx"), new byte[4 << 20]);
        Dictionary<string, string> before = Contents();

        ErrorRecord error = _session.Fail(script);

        Assert.Equal($"{identifier},{Ids}{command}", error.FullyQualifiedErrorId);
        Assert.Equal(before, Contents());
    }

    [Theory]
    [InlineData("a.vhdx", 8, 16)]
    [InlineData("a.vhdx", 16, 8)]
    [InlineData("a.vhd", 8, 16)]
    [InlineData("a.img", 8, 16)]
    public void ResizeVHD_OfAnEmptyDisk_HasTheNewSize(string file, int from, int to) => Assert.Equal(
        $"{to << 20} {to << 20}",
        _session.Text($"$null = New-VHD $d/{file} {from}MB {(file.EndsWith("img", StringComparison.Ordinal) ? "-Fixed" : "")}; \"$((Resize-VHD $d/{file} {to}MB -Passthru).Size) $((Get-VHD $d/{file}).Size)\""));

    [Theory]
    [InlineData("a.vhd 4MB", "VHDX")]
    [InlineData("a.vhd 8MB", "VHDX")]
    [InlineData("a.vhd -ToMinimumSize", "VHDX")]
    [InlineData("a.vhdx 4MB", "MinimumSize")]
    [InlineData("a.vhdx 65TB", "64 TB")]
    public void ResizeVHD_ToASizeThatCannotBe_IsAnInvalidArgumentAndChangesNothing(string arguments, string named)
    {
        // Its partition ends at 6 MB.
        Partitioned("a.img", 8 << 20, 6 << 20);
        _ = _session.Run("Convert-VHD $d/a.img $d/a.vhdx; Convert-VHD $d/a.img $d/a.vhd");
        Dictionary<string, string> before = Contents();

        ErrorRecord error = _session.Fail($"Resize-VHD $d/{arguments}");

        Assert.Equal($"InvalidParameter,{Ids}ResizeVhd", error.FullyQualifiedErrorId);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, Contents());
    }

    [Fact]
    public void ResizeVHD_ToMinimumSize_KeepsThePartitions()
    {
        Partitioned("a.img", 32 << 20, 6 << 20);

        Assert.Equal(
            "6291456 6291456",
            _session.Text("Convert-VHD $d/a.img $d/a.vhdx; $min = (Get-VHD $d/a.vhdx).MinimumSize; Resize-VHD $d/a.vhdx -ToMinimumSize; \"$min $((Get-VHD $d/a.vhdx).Size)\""));
    }

    [Fact]
    public void ResizeVHD_ToAMinimumThatIsNotKnown_SaysSo()
    {
        ErrorRecord error = _session.Fail("$null = New-VHD $d/a.vhdx 8MB; Resize-VHD $d/a.vhdx -ToMinimumSize");

        Assert.Equal($"OperationFailed,{Ids}ResizeVhd", error.FullyQualifiedErrorId);
        Assert.Contains("partition table", error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TestVHD_GoodDamagedAndMissing_IsTrueOrFalseWithTheReason()
    {
        _ = _session.Run("$null = New-VHD $d/good.vhdx 4MB");
        File.WriteAllBytes(Path.Combine(_folder, "bad.vhdx"), new byte[4 << 20]);

        Assert.Equal("True", _session.Text("Test-VHD $d/good.vhdx"));
        (IReadOnlyList<PSObject> output, List<ErrorRecord> errors, _) = _session.RunAll("Test-VHD $d/bad.vhdx, $d/nix.vhdx, $d/g*.vhdx");
        Assert.Equal([false, false, true], output.Select(value => (bool)value.BaseObject));
        Assert.Equal([$"OperationFailed,{Ids}TestVhd", $"ObjectNotFound,{Ids}TestVhd"], errors.Select(error => error.FullyQualifiedErrorId));
        Assert.Contains("bad.vhdx", errors[0].Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ConvertVHD_ThroughAllFormats_KeepsTheContent()
    {
        byte[] content = new byte[8 << 20];
        new Random(1).NextBytes(content.AsSpan(1 << 20, 3 << 20));
        File.WriteAllBytes(Path.Combine(_folder, "a.img"), content);

        Assert.Equal("VHDX Dynamic 1048576|VHD Fixed 0|VHD Dynamic 524288|VHDX Dynamic 33554432|Unknown Fixed 0", _session.Text(
            """
            $all = @(
                Convert-VHD $d/a.img $d/b.vhdx -VHDType Dynamic -BlockSizeBytes 1MB -Passthru
                Convert-VHD $d/b.vhdx $d/c.vhd -VHDType Fixed -Passthru
                Convert-VHD $d/c.vhd $d/d.vhd -VHDType Dynamic -BlockSizeBytes 512KB -Passthru
                Convert-VHD $d/d.vhd $d/e.vhdx -Passthru -DeleteSource
                Convert-VHD $d/e.vhdx $d/f.img -Passthru)
            ($all | ForEach-Object { "$($_.VhdFormat) $($_.VhdType) $($_.BlockSize)" }) -join '|'
            """));
        Assert.True(content.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(_folder, "f.img"))));
        Assert.Equal(["a.img", "b.vhdx", "c.vhd", "e.vhdx", "f.img"], Directory.EnumerateFiles(_folder).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("a.vhdx", "-Mode Full", true)]
    [InlineData("a.vhdx", "-Mode Prezeroed", true)]
    [InlineData("a.vhdx", "", false)]
    [InlineData("a.vhdx", "-Mode Quick", false)]
    [InlineData("a.vhdx", "-Mode Pretrimmed", false)]
    [InlineData("a.vhd", "", true)]
    [InlineData("a.vhd", "-Mode Full", true)]
    public void OptimizeVHD_Mode_DecidesWhetherZerosAreGivenBack(string file, string mode, bool givenBack)
    {
        _ = _session.Run($"$null = New-VHD $d/{file} 64MB -BlockSizeBytes 2MB");
        using (IDisk disk = VirtualDisk.Open(Path.Combine(_folder, file), readOnly: false))
        {
            // Blocks that have been in use and hold zeros now.
            byte[] block = new byte[2 << 20];
            block.AsSpan().Fill(7);
            for (long offset = 0; offset < 16 << 20; offset += block.Length)
            {
                disk.Write(offset, block);
            }

            block.AsSpan().Clear();
            for (long offset = block.Length; offset < 16 << 20; offset += block.Length)
            {
                disk.Write(offset, block);
            }

            disk.Flush();
        }

        long before = new FileInfo(Path.Combine(_folder, file)).Length;

        long after = (long)(ulong)_session.Run($"(Optimize-VHD $d/{file} {mode} -Passthru).FileSize")[0].BaseObject;

        Assert.Equal(givenBack, after <= before - (8 << 20));
        Assert.Equal(after, new FileInfo(Path.Combine(_folder, file)).Length);
        using IDisk same = VirtualDisk.Open(Path.Combine(_folder, file), readOnly: true);
        byte[] read = new byte[4 << 20];
        same.Read(0, read);
        Assert.Equal(2 << 20, read.Count(value => value == 7));
    }

    [Theory]
    [InlineData("$null = New-VHD $d/a.vhdx 4MB; Optimize-VHD $d/a.vhdx -Mode Retrim", "NotSupported", "read-only")]
    [InlineData("$null = New-VHD $d/a.vhdx 4MB -Fixed; Optimize-VHD $d/a.vhdx", "OperationFailed", "fixed disk")]
    [InlineData("$null = New-VHD $d/a.img 4MB -Fixed; Optimize-VHD $d/a.img", "OperationFailed", "fixed disk")]
    public void OptimizeVHD_ThatCannotBe_SaysWhy(string script, string identifier, string named)
    {
        ErrorRecord error = _session.Fail(script);

        Assert.Equal($"{identifier},{Ids}OptimizeVhd", error.FullyQualifiedErrorId);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SetVHD_IdentifierAndSectors_AreChanged()
    {
        Assert.Equal("True True 512", _session.Text(
            """
            $old = New-VHD $d/a.vhdx 4MB
            $new = Set-VHD $d/a.vhdx -ResetDiskIdentifier -Force -Passthru
            Set-VHD $d/a.vhdx -PhysicalSectorSizeBytes 512
            $now = Get-VHD $d/a.vhdx
            "$($old.DiskIdentifier -ne $new.DiskIdentifier) $($new.DiskIdentifier -eq $now.DiskIdentifier) $($now.PhysicalSectorSize)"
            """));

        // This engine's host cannot ask anybody, and nobody is not a yes.
        string before = _session.Text("(Get-VHD $d/a.vhdx).DiskIdentifier");
        _ = _session.Fail("Set-VHD $d/a.vhdx -ResetDiskIdentifier");
        Assert.Equal(before, _session.Text("(Get-VHD $d/a.vhdx).DiskIdentifier"));
    }

    [Fact]
    public void WhatIf_OnDisks_ChangesNothing()
    {
        _ = _session.Run("$null = New-VHD $d/a.vhdx 8MB");
        Dictionary<string, string> before = Contents();

        _ = _session.Run(
            """
            Resize-VHD $d/a.vhdx 16MB -WhatIf; Convert-VHD $d/a.vhdx $d/b.vhd -DeleteSource -WhatIf; Optimize-VHD $d/a.vhdx -WhatIf
            Set-VHD $d/a.vhdx -ResetDiskIdentifier -WhatIf; Set-VHD $d/a.vhdx -PhysicalSectorSizeBytes 512 -WhatIf; Resize-VHD $d/a.vhdx 16MB -AsJob -WhatIf
            """);

        Assert.Equal(before, Contents());
    }

    private Dictionary<string, string> Contents() => Directory.EnumerateFiles(_folder).Order()
        .ToDictionary(file => file, file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))));

    /// <summary>Makes a raw disk with an MBR that has one partition.</summary>
    private void Partitioned(string name, int bytes, int partitionEnd)
    {
        byte[] disk = new byte[bytes];
        Span<byte> entry = disk.AsSpan(446, 16);
        entry[4] = 0x83;
        BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], 2048);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], (uint)(partitionEnd / 512) - 2048);
        disk[510] = 0x55;
        disk[511] = 0xAA;
        disk[partitionEnd - 1] = 1;
        File.WriteAllBytes(Path.Combine(_folder, name), disk);
    }
}
