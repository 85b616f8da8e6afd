using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Chipset;

/// <summary>Saved state in tests.</summary>
internal static class SavedStates
{
    public static byte[] Save(ISavedState part)
    {
        StateWriter writer = new();
        part.Save(writer);
        return writer.Written.ToArray();
    }

    public static void Copy(ISavedState from, ISavedState to) => to.Restore(new StateReader(Save(from)));
}
