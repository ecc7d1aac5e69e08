using Cea.Admin.Shell;
using Cea.Feedback.Intake;
using Cea.Feedback.Replies;

namespace Cea.Admin.Settings;

/// <summary>The words of a line's kind, of what is wrong with it, of why its sendings failed.</summary>
internal static class LineNames
{
    public static string Kind(Words words, string kind) => words[$"channel.{kind}"] is var name && name != $"channel.{kind}" ? name : kind;

    public static string Say(Words words, LineReason reason) => words.Format($"line.{reason.Code}", [.. reason.Values]);

    public static string Say(Words words, LineProblem problem) => words.Format($"line.{problem.Code}", [.. problem.Values]);

    public static string Failure(Words words, string state, string code) => code.Length > 0 ? words[$"failure.{code}"] : words[$"state.{state}"];

    /// <summary>What the page suggests as the risk note of a kind, in the reader's language.</summary>
    public static string Risk(Words words, string kind) => words[$"risk.{kind}"] is var suggested && suggested != $"risk.{kind}" ? suggested : words["risk.other"];
}
