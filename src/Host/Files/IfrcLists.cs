using Cea.Feedback.Intake;
using Cea.Feedback.Items;

namespace Cea.Host.Files;

/// <summary>The fixed lists of the IFRC coding framework's template, letter for letter, and what of ours is which of theirs.</summary>
internal sealed class IfrcLists(ChannelKinds kinds)
{
    /// <summary>Only checked items of class 0 leave.</summary>
    public const string Sensitivity = "Non-sensitive";

    public static readonly IReadOnlyList<string> Channels =
    [
        "Field Monitoring", "Field social mobilisation activities", "Key informant interview", "Structured interview", "Community meeting", "Household visit", "Email", "Messaging apps", "SMS", "Chatbot", "Social Media", "Interactive Show",
        "Interactive Voice Response", "Voice/video recorder", "Call Centre", "Helpdesk/Information Center", "Feedback box", "Letter", "Other",
    ];

    public static readonly IReadOnlyList<string> Criticalities =
        ["Urgent or immediate action needs to be taken", "Action needs to be taken", "No immediate action necessary, general monitoring", "Action already taken", "To be clarified"];

    public static readonly IReadOnlyList<string> Statuses = ["Under review", "Referred internally", "Referred externally", "No individual action required", "Action was taken", "Other"];

    public static readonly IReadOnlyList<string> LoopClosings = ["Information provided immediately", "Follow-up call", "Follow-up visit", "Follow-up message", "Information shared with focal point"];

    /// <summary>What a kind of line says of itself; a word of an imported file that is in the list; else Other.</summary>
    public string Channel(string channel) => channel == Feedback.Items.RecordCall.Channel ? "Call Centre" : kinds.Find(channel)?.Traits.IfrcChannel ?? Channels.FirstOrDefault(c => c.Equals(channel, StringComparison.OrdinalIgnoreCase)) ?? "Other";

    public static string Criticality(string urgency) => urgency switch
    {
        "critical" or "high" => Criticalities[0],
        "normal" => Criticalities[1],
        "low" => Criticalities[2],
        _ => Criticalities[4],
    };

    public static string Status(ExportedItem item) => item switch
    {
        { Status: "new" or "in_progress" } => "Under review",
        { Status: "referred" } => "Referred externally", // to whom stands as text of an officer's, and asks for consent to share
        { LoopImpossible: "no_action_needed" } => "No individual action required",
        { HasResolution: true } or { IsLoopClosed: true } => "Action was taken",
        _ => "Other",
    };

    public static readonly IReadOnlyList<string> Sexes = ["Female", "Male", "Other", "Preferred not to indicate", "Mixed group of people", "Unknown"];

    public static readonly IReadOnlyList<string> AgeRanges =
    [
        "Children (under 13 years old)", "Youth (13 to 17 years old)", "Adults (18 to 59 years old)", "Elderly (60 years and older)", "Preferred not to indicate", "Mixed group of people", "Unknown",
    ];

    public static readonly IReadOnlyList<string> Diversities =
        ["Physical disability", "Mental disability", "Underlying illness", "Migrant", "Ethnic minority", "Pregnant/lactating women", "Other", "None", "Mixed group of people", "Unknown"];

    public static string Sex(string? sex) => sex is null ? Sexes[^1] : Sexes[At(SpeakerFacts.Sexes, sex) is var at && sex == SpeakerFacts.NotSaid ? 3 : sex == "mixed" ? 4 : at];

    public static string AgeRange(string? band) => band is null ? AgeRanges[^1] : AgeRanges[At(SpeakerFacts.AgeBands, band) is var at && band == SpeakerFacts.NotSaid ? 4 : band == "mixed" ? 5 : at];

    /// <summary>The list has one answer; where somebody gave several they stand beside each other. It has no word for who would not say.</summary>
    public static string Diversity(string? joined) =>
        joined is null or SpeakerFacts.NotSaid ? Diversities[^1] : string.Join("; ", joined.Split(WhoSpoke.Between).Where(d => d != SpeakerFacts.NotSaid).Select(d => Diversities[At(SpeakerFacts.Diversities, d)]));

    private static int At(IReadOnlyList<string> ours, string code) => ours.Index().First(o => o.Item == code).Index;

    /// <summary>Meeting and notice are ours alone: the list has no word for them.</summary>
    public static string? ClosingOfLoop(string? method) => method switch
    {
        "information_provided_immediately" => LoopClosings[0],
        "follow_up_call" => LoopClosings[1],
        "follow_up_visit" => LoopClosings[2],
        "follow_up_message" => LoopClosings[3],
        "shared_with_focal_point" => LoopClosings[4],
        _ => null,
    };
}
