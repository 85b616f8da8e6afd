using System.Globalization;
using System.Management.Automation;
using System.Reflection;
using System.Resources;

namespace Nestvisor.Shell.Engine;

/// <summary>One of the engine's tables of messages, with a message of ours in the place of one of them, where the engine reads it.</summary>
internal sealed class EngineText : ResourceManager
{
    private const string Cache = "resourceMan";
    private readonly string _name;
    private readonly Func<string> _text;

    private EngineText(string table, string name, Func<string> text)
        : base("System.Management.Automation.resources." + table, typeof(PSObject).Assembly)
    {
        _name = name;
        _text = text;
    }

    /// <summary>Replaces a message.</summary>
    /// <param name="table">The engine's class of messages.</param>
    /// <param name="name">The message.</param>
    /// <param name="text">What is read instead, with the same places such as <c>{0}</c>.</param>
    /// <exception cref="InvalidOperationException">The engine is another build than the one Nestvisor is made for.</exception>
    public static void Replace(string table, string name, Func<string> text)
    {
        var field = typeof(PSObject).Assembly.GetType(table)?.GetField(Cache, BindingFlags.NonPublic | BindingFlags.Static)
            ?? throw EngineInternals.Missing($"{table}.{Cache}");
        var replacement = new EngineText(table, name, text);
        if (replacement.GetBaseString() is null)
            throw EngineInternals.Missing($"{table}.{name}");
        field.SetValue(null, replacement);
    }

    /// <inheritdoc/>
    public override string? GetString(string name, CultureInfo? culture) => name == _name ? _text() : base.GetString(name, culture);

    private string? GetBaseString() => base.GetString(_name, CultureInfo.InvariantCulture);
}
