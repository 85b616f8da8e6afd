using System.Security.Cryptography;
using System.Text;

namespace Nestvisor.Guests.Tests;

/// <summary>What guests/load computes in a soak, computed on the host.</summary>
internal static class SoakAnswers
{
    private const int Data = 262144;
    private const int Items = 4096;

    /// <summary>The hash after <paramref name="last"/>: of a line made of it and its number, repeated.</summary>
    public static string Hash(string last, int number)
    {
        byte[] line = Encoding.ASCII.GetBytes($"{last} {number}\n");
        byte[] data = new byte[Data];
        for (int at = 0; at < data.Length; at += line.Length)
        {
            line.AsSpan(0, Math.Min(line.Length, data.Length - at)).CopyTo(data.AsSpan(at));
        }

        return Convert.ToHexStringLower(SHA256.HashData(data));
    }

    /// <summary>What guests/load/programs/answer.c prints.</summary>
    public static string Compiled(ulong seed)
    {
        ulong state = seed;
        ulong Next()
        {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            return state * 0x2545F4914F6CDD1DUL;
        }

        (uint Key, uint Index)[] items = new (uint, uint)[Items];
        for (uint i = 0; i < Items; i++)
        {
            items[i] = ((uint)(Next() >> 48), i);
        }

        Array.Sort(items);
        ulong hash = 0xcbf29ce484222325UL;
        double sum = 0;
        foreach ((uint key, uint index) in items)
        {
            hash = (hash ^ key) * 0x100000001b3UL;
            hash = (hash ^ index) * 0x100000001b3UL;
            sum += (double)key / (index + 1);
        }

        return $"{hash:x16} {BitConverter.DoubleToUInt64Bits(sum):x16}";
    }
}
