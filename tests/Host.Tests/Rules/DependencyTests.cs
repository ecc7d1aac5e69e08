using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Cea.Host.Tests.Rules;

/// <summary>Every project points at Feedback.Core and none of the others at each other.</summary>
public sealed partial class DependencyTests
{
    private static readonly Dictionary<string, HashSet<string>> Projects = Directory.EnumerateDirectories(Path.Combine(Sources.Root, "src"))
        .SelectMany(d => Directory.EnumerateFiles(d, "*.csproj"))
        .ToDictionary(p => Path.GetFileNameWithoutExtension(p), p => XDocument.Load(p).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/'))).ToHashSet());

    [Fact]
    public void A_project_references_only_the_core()
    {
        Projects.Count.ShouldBeGreaterThanOrEqualTo(6);
        foreach (var (project, references) in Projects.Where(p => p.Key is not ("Host" or "Sandbox" or "Feedback.Core")))
            references.ShouldBe(["Feedback.Core"], $"{project} may reference the core and nothing else of ours");
        Projects["Feedback.Core"].ShouldBeEmpty();
    }

    [Fact]
    public void The_host_references_all_and_the_sandbox_none()
    {
        Projects["Host"].Where(r => r != "Feedback.Core").ShouldBe(Projects.Keys.Where(p => p is not ("Host" or "Sandbox" or "Feedback.Core")), ignoreOrder: true);
        Projects["Sandbox"].ShouldBeEmpty();
        Sources.Where(Sources.Of(".cs").Where(f => f.Path.StartsWith("Sandbox/", StringComparison.Ordinal)), OursOutsideSandbox()).ShouldBeEmpty();
    }

    [Fact]
    public void The_classifier_knows_neither_database_nor_HTTP()
    {
        var files = Sources.Of(".cs").Where(f => f.Path.StartsWith("Feedback.Core/Classification/", StringComparison.Ordinal)).ToList();
        files.Count.ShouldBeGreaterThan(5);
        Sources.Where(files, DatabaseOrHttp()).ShouldBeEmpty();
        Sources.Where(Sources.Of(".cs", ".csproj").Where(f => f.Path.StartsWith("Feedback.Core/", StringComparison.Ordinal)), GlobalUsing()).ShouldBeEmpty("a global using would hide what a file knows");
    }

    [Fact]
    public void Channels_know_nothing_of_items_officers_or_storage() =>
        Sources.Where(Sources.Of(".cs", ".razor").Where(f => f.Path.StartsWith("Channels/", StringComparison.Ordinal)), ItemsOrOfficers()).ShouldBeEmpty();

    [Fact]
    public void Providers_are_unknown_outside_channels_host_and_sandbox() =>
        Sources.Where(Sources.Of(".cs").Where(f => f.Path.StartsWith("Worker/", StringComparison.Ordinal)), ProviderWord()).ShouldBeEmpty();

    [GeneratedRegex(@"\bCea\.(Feedback|Channels|Admin|Worker|Host)\b")]
    private static partial Regex OursOutsideSandbox();

    [GeneratedRegex(@"\b(Npgsql\w*|EntityFrameworkCore|AspNetCore|FeedbackDb|DbContext|HttpContext|HttpClient|Databases|Feedback\.Storage)\b")]
    private static partial Regex DatabaseOrHttp();

    [GeneratedRegex(@"global using\b|<Using\s+Include")]
    private static partial Regex GlobalUsing();

    [GeneratedRegex(@"\bFeedback\.(Items|Officers|Routing|Safeguarding|Trends|Actions|Storage|Standards)\b|\b(Npgsql|EntityFrameworkCore)\b")]
    private static partial Regex ItemsOrOfficers();

    [GeneratedRegex(@"\b(Twilio|Telegram|WhatsApp)\w*")]
    private static partial Regex ProviderWord();
}
