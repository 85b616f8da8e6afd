using System.Buffers.Binary;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Platform;

namespace Nestvisor.Management.Machines;

/// <summary>Judges the files a machine boots from before a worker is started, so that the error names the file and what to do.</summary>
internal static class BootFiles
{
    private const int BootProtocolMagicOffset = 0x202;
    private const int HeaderBytes = 0x206;

    /// <summary>Checks all files of a machine that is about to start.</summary>
    /// <exception cref="ApiException">One cannot be used.</exception>
    public static void Check(MachineConfiguration configuration)
    {
        if (configuration.KernelPath is not { } kernel)
        {
            throw ApiException.Failed(
                $"'{configuration.Name}' failed to start: it has no kernel. Set one with Set-VMFirmware -VMName '{configuration.Name}' -KernelPath FILE; "
                + "booting from a disk or a network is not supported.");
        }

        long needed = CheckKernel(configuration.Name, kernel);
        if (configuration.InitialRamDiskPath is { } disk)
        {
            needed += RequireFile(configuration.Name, "initial RAM disk", disk, FileAccess.Read);
        }

        if (needed >= configuration.MemoryStartupBytes)
        {
            throw new ApiException(
                ApiErrorCode.OutOfMemory,
                ApiErrorCategory.InvalidOperation,
                $"'{configuration.Name}' failed to start: its kernel and initial RAM disk have {needed >> 20} MB and do not fit into its "
                + $"{configuration.MemoryStartupBytes >> 20} MB of memory. Give it more with Set-VMMemory -VMName '{configuration.Name}' -StartupBytes.");
        }

        foreach (DiskConfiguration hardDisk in configuration.Disks)
        {
            _ = DiskFiles.Check(configuration.Name, hardDisk);
        }
    }

    /// <summary>Checks that a file is there and may be used.</summary>
    /// <returns>Its length in bytes.</returns>
    public static long RequireFile(string machine, string what, string path, FileAccess access)
    {
        try
        {
            // Opening a FIFO would block; a device or a directory is no file either.
            if (!HostFile.IsRegular(path, followLink: true))
            {
                throw new ApiException(
                    ApiErrorCode.ObjectNotFound,
                    ApiErrorCategory.ObjectNotFound,
                    $"'{machine}': the {what} '{path}' {(Directory.Exists(path) ? "is a folder, not a file" : File.Exists(path) ? "is not a regular file" : "does not exist")}. Check the path.");
            }

            using FileStream stream = new(path, FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete);
            return stream.CanSeek ? stream.Length : throw ApiException.InvalidArgument($"'{machine}': the {what} '{path}' is not a regular file.");
        }
        catch (UnauthorizedAccessException error)
        {
            throw new ApiException(
                ApiErrorCode.AccessDenied,
                ApiErrorCategory.PermissionDenied,
                $"'{machine}': the {what} '{path}' may not be opened for {(access == FileAccess.Read ? "reading" : "reading and writing")}. "
                + "Change its permissions" + (access == FileAccess.Read ? "." : " or attach it with -ReadOnly."),
                error);
        }
        catch (IOException error)
        {
            throw ApiException.Failed($"'{machine}': the {what} '{path}' cannot be opened: {error.Message}", error);
        }
    }

    private static long CheckKernel(string machine, string path)
    {
        long length = RequireFile(machine, "kernel", path, FileAccess.Read);
        byte[] header = new byte[HeaderBytes];
        int read;
        using (FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
        {
            read = stream.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false);
        }

        // "HdrS" of the x86 boot protocol, or an ELF image.
        bool isKernel = (read == HeaderBytes && header.AsSpan(BootProtocolMagicOffset, 4).SequenceEqual("HdrS"u8))
            || (read >= 4 && BinaryPrimitives.ReadUInt32BigEndian(header) == 0x7F454C46);
        return isKernel
            ? length
            : throw ApiException.InvalidArgument(
                $"'{machine}' failed to start: '{path}' is not a kernel. It is neither a Linux bzImage nor an ELF image. Choose another with Set-VMFirmware -KernelPath.");
    }
}
