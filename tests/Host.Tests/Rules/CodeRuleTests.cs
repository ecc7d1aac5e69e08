using System.Text.RegularExpressions;

namespace Cea.Host.Tests.Rules;

/// <summary>Rules of the house that the compiler cannot hold.</summary>
public sealed partial class CodeRuleTests
{
    // Where anything may be caught: the edges of a request, of a job, of a lot of messages, of a line in a round over all of them, and of background work.
    private static readonly string[] Edges =
        ["Admin/Shell/EdgeMiddleware.cs", "Worker/TimedJob.cs", "Worker/Round.cs", "Worker/Intake/CatchUpWithProviders.cs", "Worker/Items/AnswerPresses.cs", "Worker/Replies/SendingLine.cs", "Feedback.Core/Items/Triage.cs", "Feedback.Core/Intake/Inbox.cs", "Feedback.Core/Intake/LineCheck.cs", "Feedback.Core/Intake/CatchUp.cs", "Host/Program.cs", "Sandbox/Background.cs"];

    [Fact]
    public void Anything_is_caught_only_at_an_edge()
    {
        var files = Sources.Of(".cs", ".razor");
        Edges.Except(files.Select(f => f.Path)).ShouldBeEmpty("an edge that is no more");
        Sources.Where(files.Where(f => !Edges.Contains(f.Path)), CatchAll()).ShouldBeEmpty();
    }

    [Fact]
    public void What_is_caught_without_a_name_is_thrown_on() =>
        Sources.Of(".cs", ".razor").SelectMany(f => BareCatch().Matches(f.Text).Where(m => !m.Groups["body"].Value.Contains("throw;", StringComparison.Ordinal)).Select(m => $"{f.Path}:{Sources.LineNumber(f.Text, m.Index)}")).ShouldBeEmpty();

    [Fact]
    public void Pages_need_no_circuit_and_no_inline_script() => Sources.Where(Sources.Of(".razor"), Interactive()).ShouldBeEmpty();

    [Fact]
    public void No_file_is_longer_than_400_lines() =>
        Sources.Of(".cs", ".razor", ".js", ".css", ".html").Select(f => (f.Path, Lines: f.Text.AsSpan().Count('\n'))).Where(f => f.Lines > 400).ShouldBeEmpty();

    [Fact]
    public void Addresses_of_pages_and_calls_hold_no_receipt_code_and_no_contact()
    {
        var templates = Sources.Of(".cs", ".razor").Where(f => !f.Path.StartsWith("Sandbox/", StringComparison.Ordinal))
            .SelectMany(f => Template().Matches(f.Text).Select(m => (f.Path, Template: m.Groups["template"].Value))).ToList();
        templates.Count.ShouldBeGreaterThan(20);
        templates.Where(t => Telling().IsMatch(t.Template)).ShouldBeEmpty();
    }

    [Fact]
    public void Names_of_no_meaning_name_no_file() =>
        Sources.Of(".cs", ".razor").Select(f => f.Path).Where(p => Meaningless().IsMatch(p)).ShouldBeEmpty();

    [GeneratedRegex(@"catch\s*\(\s*(System\.)?Exception\b[^)]*\)(?!\s*when\s*\(\(?\s*\w+( is |\.\w+ is ))")]
    private static partial Regex CatchAll();

    [GeneratedRegex(@"\bcatch\s*\{(?<body>(?:[^{}]|\{[^{}]*\})*)\}")]
    private static partial Regex BareCatch();

    [GeneratedRegex(@"@on\w+\s*=|@bind\b|@rendermode\b|\bInteractive(Server|Auto|WebAssembly)\b|\son[a-z]+\s*=\s*""|<script>", RegexOptions.IgnoreCase)]
    private static partial Regex Interactive();

    [GeneratedRegex(@"(?:@page\s+|\bMap(?:Get|Post|Put|Delete|Patch|Methods|Group|Fallback)\(\s*\$?)""(?<template>[^""]*)""")]
    private static partial Regex Template();

    [GeneratedRegex(@"\{[^}:]*(receipt|code|address|phone|tel|number|mail|token|secret|text|person|sender)[^}]*\}", RegexOptions.IgnoreCase)]
    private static partial Regex Telling();

    [GeneratedRegex(@"(Helper|Util|Utils|Common|Manager|Base|Misc)s?\.(cs|razor)$")]
    private static partial Regex Meaningless();
}
