using System.Collections;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Text;

namespace Nestvisor.Shell.Hosting;

/// <summary>Questions to the user. The end of input is never an answer: it fails the command that asked.</summary>
internal sealed partial class ShellUserInterface
{
    /// <inheritdoc/>
    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        Refuse();
        Introduce(caption, message);
        while (true)
        {
            ShowChoices(choices, defaultChoice >= 0 ? [defaultChoice] : []);
            var answer = ReadLine().Trim();
            if (answer.Length == 0 && defaultChoice >= 0)
                return defaultChoice;
            if (answer == "?")
                Explain(choices);
            else if (Match(answer, choices) is var index and >= 0)
                return index;
        }
    }

    /// <inheritdoc/>
    public Collection<int> PromptForChoice(string? caption, string? message, Collection<ChoiceDescription> choices, IEnumerable<int>? defaultChoices)
    {
        Refuse();
        Introduce(caption, message);
        int[] defaults = defaultChoices is null ? [] : [.. defaultChoices];
        ShowChoices(choices, defaults);
        WriteLine(string.Empty);
        var picked = new Collection<int>();
        while (true)
        {
            Write($"Choice[{picked.Count}]: ");
            var answer = ReadLine().Trim();
            if (answer.Length == 0)
                return picked.Count == 0 ? new Collection<int>(defaults) : picked;
            if (answer == "?")
                Explain(choices);
            else if (Match(answer, choices) is var index and >= 0)
                picked.Add(index);
        }
    }

    /// <inheritdoc/>
    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        Refuse();
        Introduce(caption, message);
        var results = new Dictionary<string, PSObject>(StringComparer.OrdinalIgnoreCase);
        foreach (var field in descriptions)
        {
            var type = Type.GetType(field.ParameterAssemblyFullName) ?? Type.GetType(field.ParameterTypeFullName) ?? typeof(string);
            var label = string.IsNullOrEmpty(field.Label) ? field.Name : field.Label.Replace("&", string.Empty, StringComparison.Ordinal);
            results[field.Name] = PSObject.AsPSObject(type.IsArray || (type != typeof(string) && typeof(IList).IsAssignableFrom(type))
                ? AskList(label, type)
                : AskOne(label, type));
        }

        return results;
    }

    /// <inheritdoc/>
    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName)
        => PromptForCredential(caption, message, userName, targetName, PSCredentialTypes.Default, PSCredentialUIOptions.Default);

    /// <inheritdoc/>
    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options)
    {
        Refuse();
        Introduce(caption, message);
        var name = userName;
        if (string.IsNullOrEmpty(name))
        {
            Write("User: ");
            name = ReadLine();
        }

        Write($"Password for user {name}: ");
        return new PSCredential(name, ReadLineAsSecureString());
    }

    private object AskOne(string label, Type type)
    {
        while (true)
        {
            Write(label + ": ");
            if (type == typeof(System.Security.SecureString))
                return ReadLineAsSecureString();
            var text = ReadLine();
            try
            {
                return LanguagePrimitives.ConvertTo(text, type, CultureInfo.InvariantCulture);
            }
            catch (PSInvalidCastException e)
            {
                WriteErrorLine(e.Message);
            }
        }
    }

    private object AskList(string label, Type type)
    {
        var element = type.GetElementType() ?? typeof(object);
        var items = new ArrayList();
        while (true)
        {
            Write(string.Create(CultureInfo.InvariantCulture, $"{label}[{items.Count}]: "));
            var text = ReadLine();
            if (text.Length == 0)
                break;
            try
            {
                items.Add(LanguagePrimitives.ConvertTo(text, element, CultureInfo.InvariantCulture));
            }
            catch (PSInvalidCastException e)
            {
                WriteErrorLine(e.Message);
            }
        }

        return LanguagePrimitives.ConvertTo(items.ToArray(), type, CultureInfo.InvariantCulture);
    }

    private void Introduce(string? caption, string? message)
    {
        WriteLine(string.Empty);
        if (!string.IsNullOrEmpty(caption))
            WriteLine(caption);
        if (!string.IsNullOrEmpty(message))
            WriteLine(message);
    }

    private void ShowChoices(Collection<ChoiceDescription> choices, int[] defaults)
    {
        var line = new StringBuilder();
        foreach (var choice in choices)
        {
            var (key, text) = Parts(choice);
            line.Append(CultureInfo.InvariantCulture, $"[{key}] {text}  ");
        }

        line.Append("[?] Help");
        if (defaults.Length > 0)
            line.Append(CultureInfo.InvariantCulture, $" (default is \"{string.Join(',', defaults.Select(i => Parts(choices[i]).Key))}\")");
        Write(line.Append(": ").ToString());
    }

    private void Explain(Collection<ChoiceDescription> choices)
    {
        foreach (var choice in choices)
            WriteLine($"{Parts(choice).Key} - {choice.HelpMessage}");
    }

    private static int Match(string answer, Collection<ChoiceDescription> choices)
    {
        for (var i = 0; i < choices.Count; i++)
        {
            var (key, text) = Parts(choices[i]);
            if (answer.Equals(key, StringComparison.CurrentCultureIgnoreCase) || answer.Equals(text, StringComparison.CurrentCultureIgnoreCase))
                return i;
        }

        return -1;
    }

    private static (string Key, string Text) Parts(ChoiceDescription choice)
    {
        var mark = choice.Label.IndexOf('&', StringComparison.Ordinal);
        var text = mark < 0 ? choice.Label : choice.Label.Remove(mark, 1);
        return (mark >= 0 && mark < text.Length ? text[mark..(mark + 1)].ToUpperInvariant() : text, text.Trim());
    }
}
