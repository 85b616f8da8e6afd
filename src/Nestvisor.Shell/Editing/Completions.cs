namespace Nestvisor.Shell.Editing;

/// <summary>Completions that replace <see cref="Length"/> characters at <see cref="Start"/>.</summary>
/// <param name="Start">First character replaced.</param>
/// <param name="Length">Number of characters replaced.</param>
/// <param name="Texts">What each would put there.</param>
/// <param name="Labels">How each is listed.</param>
internal sealed record Completions(int Start, int Length, IReadOnlyList<string> Texts, IReadOnlyList<string> Labels);
