namespace Nestvisor.Worker.Nesting;

/// <summary>Switches of the kernel's modules.</summary>
internal static class ModuleParameter
{
    /// <summary>Whether a switch is on; null if the module is not loaded or does not tell.</summary>
    public static bool? Read(IHostFacts host, string module, string parameter) => host.Read($"/sys/module/{module}/parameters/{parameter}") switch
    {
        "1" or "Y" => true,
        "0" or "N" => false,
        _ => null,
    };

    /// <summary>How a switch is turned on.</summary>
    public static string Remedy(string module, string parameter) =>
        $"With no virtual machine running: modprobe -r {module} && modprobe {module} {parameter}=1. To keep it, put \"options {module} {parameter}=1\" into /etc/modprobe.d.";
}
