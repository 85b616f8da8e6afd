using System.Buffers.Binary;

namespace Nestvisor.Devices.Virtio;

/// <summary>A structure that a vendor-specific capability points to (virtio 1.2 §4.1.4).</summary>
/// <param name="Type">Which one.</param>
/// <param name="Offset">Where in the BAR.</param>
/// <param name="Length">Its bytes.</param>
internal readonly record struct VirtioPciStructure(byte Type, ulong Offset, uint Length)
{
    public const byte Common = 1;
    public const byte Notify = 2;
    public const byte Isr = 3;
    public const byte Device = 4;

    /// <summary>Writes the capability, without its ID and next pointer.</summary>
    public byte[] ToCapability(byte bar)
    {
        byte[] body = new byte[Type == Notify ? 18 : 14];
        body[0] = (byte)(body.Length + 2);
        body[1] = Type;
        body[2] = bar;
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(6), (uint)Offset);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(10), Length);
        if (Type == Notify)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(14), VirtioPciLayout.NotifyMultiplier);
        }

        return body;
    }
}
