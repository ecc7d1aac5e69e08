using Cea.Feedback.Intake;

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
