using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cea.Feedback.People;
using Cea.Feedback.Storage;

namespace Cea.Feedback.Replies;

/// <summary>A text that a provider has to approve before it may be sent outside the window. Never changed once asked for: another text is another template.</summary>
public sealed partial class MessageTemplate
{
    public const string Reply = "reply", Survey = "survey", Notice = "notice", Escalation = "escalation";
    public const string Code = "code", Society = "society", Text = "text";
    public const int LongestBody = 1024, MostPlaces = 9, LongestValue = 700;

    public static readonly IReadOnlyList<string> Purposes = [Reply, Survey, Notice, Escalation], Categories = ["UTILITY", "MARKETING"];

    public int Id { get; set; }
    public string AccountId { get; set; } = "";
    public string Name { get; set; } = "";
    public string Lang { get; set; } = "";
    public string Purpose { get; set; } = Reply;
    public string Category { get; set; } = "UTILITY";

    /// <summary>With {{1}}, {{2}}... each of them once at least, none left out.</summary>
    public string Body { get; set; } = "";

    /// <summary>What stands in each place: code, society and text are filled in; of anything else an officer is asked.</summary>
    public string[] Places { get; set; } = [];
    public string? ExternalId { get; set; }

    /// <summary>wanted, unsubmitted, pending, approved, rejected, paused, disabled.</summary>
    public string State { get; set; } = "wanted";
    public string? Reason { get; set; }
    public DateTimeOffset? CheckedAt { get; set; }
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>Whether a place is filled in without asking anybody.</summary>
    public static bool IsFilledIn(string place) => place is Code or Society or Text;

    /// <summary>How many places a body has; null when they are not 1, 2, 3... without a gap.</summary>
    public static int? PlacesOf(string body)
    {
        var numbers = Place().Matches(body).Select(m => int.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture)).Distinct().Order().ToList();
        return numbers.SequenceEqual(Enumerable.Range(1, numbers.Count)) ? numbers.Count : null;
    }

    /// <summary>The text as the person reads it.</summary>
    public static string Say(string body, IReadOnlyList<string> values) =>
        Place().Replace(body, m => int.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture) is var n && n <= values.Count ? values[n - 1] : m.Value);

    /// <summary>A value as providers take it: no line breaks, no long gaps; they refuse both.</summary>
    public static string Value(string? typed) => Gap().Replace(typed ?? "", " ").Trim();

    internal static byte[] Seal(KeyRing keys, IReadOnlyList<string> values) => keys.Seal(JsonSerializer.Serialize(values), "outbox");

    internal static IReadOnlyList<PersonalText> Open(KeyRing keys, byte[]? sealedValues) =>
        sealedValues is null ? [] : [.. (JsonSerializer.Deserialize<string[]>(keys.OpenText(sealedValues, "outbox")) ?? []).Select(v => new PersonalText(v))];

    [GeneratedRegex(@"\{\{([1-9])\}\}")]
    private static partial Regex Place();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Gap();
}
