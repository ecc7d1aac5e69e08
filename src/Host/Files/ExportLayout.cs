using System.Globalization;
using Cea.Feedback.Coding;

namespace Cea.Host.Files;

/// <summary>The columns of an export and what stands in them. One item can be several rows.</summary>
internal abstract class ExportLayout
{
    public abstract IReadOnlyList<string> Header { get; }

    public abstract IEnumerable<IReadOnlyList<object?>> Rows(ExportedItem item);
}

/// <summary>Ours: every code and clock, one row an item. Text leaves only masked and approved (S12); beside it there is no clock.</summary>
internal sealed class OwnLayout : ExportLayout
{
    public override IReadOnlyList<string> Header { get; } =
        ["id", "spoken_at", "recorded_at", "channel", "service_point", "lang", "status", "type", "topics", "urgency", "team", "confirmed_at", "seen_at", "first_answer_at", "resolved_at", "loop_closed_at", "loop_method", "loop_impossible", "quote", "sex", "age_band", "diversity"];

    public override IEnumerable<IReadOnlyList<object?>> Rows(ExportedItem i) =>
    [
        [i.Id, i.Said, i.RecordedAt, i.Channel, i.Place is { Public: true } p ? p.Slug : null, i.LangIsCommon ? i.Lang : null, i.Status, i.Type, string.Join('|', i.Topics), i.Urgency, i.Team, i.ConfirmedAt, i.SeenAt, i.FirstAnswerAt, i.ResolvedAt, i.LoopClosedAt, i.LoopMethod, i.LoopImpossible, i.Quote,
            i.Who.Sex, i.Who.AgeBand, i.Who.Diversity],
    ];
}

/// <summary>
/// The coded feedback data of the IFRC framework's template: its columns and fixed lists, letter for letter. A message about two things is two comments there, so there is a row for each
/// topic. The message leaves only as it was masked and approved (S12), and is empty else; who said it leaves only as <see cref="CommonSpeakers"/> lets it.
/// </summary>
internal sealed class IfrcLayout(Codebook codebook, IfrcLists lists) : ExportLayout
{
    public override IReadOnlyList<string> Header { get; } =
        ["Feedback message", "Type of feedback", "Category", "Code", "Feedback channel", "Sex", "Age range", "Diversity", "Sensitivity", "Criticality", "Status of the comment", "Closing of the loop"];

    public override IEnumerable<IReadOnlyList<object?>> Rows(ExportedItem item) => item.Topics.Select(topic => codebook.IfrcOf(item.Type, topic)).Select(ifrc => (IReadOnlyList<object?>)
        [item.Quote, ifrc.Type, ifrc.Category, ifrc.Code, lists.Channel(item.Channel), IfrcLists.Sex(item.Who.Sex), IfrcLists.AgeRange(item.Who.AgeBand), IfrcLists.Diversity(item.Who.Diversity), IfrcLists.Sensitivity, IfrcLists.Criticality(item.Urgency), IfrcLists.Status(item), IfrcLists.ClosingOfLoop(item.LoopMethod)]);
}

/// <summary>The 44 columns that agencies exchange, letter for letter; N/A where we hold nothing or it does not leave. One row an item.</summary>
internal sealed class InteragencyLayout(Codebook codebook, IfrcLists lists) : ExportLayout
{
    private const string NotHeld = "N/A";

    public override IReadOnlyList<string> Header { get; } =
    [
        "Unique ID", "SCOPE Card Number", "Date of receipt", "Name of data collector", "Country", "Region", "District", "Settlement/ Site Name", "Feedback channel", "Language of the interaction", "Provided independently or with assistance",
        "Reason for concerned person not to share feedback independently", "Consent to record feedback", "Name of feedback provider", "Contact Number of the feedback provider", "Age range", "Sex", "Population Type", "Communities with Minority Affiliations",
        "Vulnerability factor", "Washington Group Q1 - Difficulty seeing", "Washington Group Q2 - Difficulty hearing", "Washington Group Q3 - Difficulty walking", "Washington Group Q4 - Difficulty remembering or concentrating",
        "Washington Group Q5 - Difficulty washing and/or dressing", "Washington Group Q6 - Difficulty communicating", "Complaint/Feedback Details", "Operational relevance/ Service Mapping Sector", "Responsibility Category (level-1)",
        "Sensitivity Category (level-2)", "Specific Sensitivity Category (level-2)", "Criticality Category (level-3)", "Status of feedback", "What action was taken?", "Date of referral", "Referred to (organization and department)", "Name of focal point",
        "Contact details of the focal point", "Date of case resolution", "Reason for action not possible (if applicable)", "Date of closing the loop (communicate back)", "Comments", "Key quote", "Rumour",
    ];

    public override IEnumerable<IReadOnlyList<object?>> Rows(ExportedItem item)
    {
        var held = new Dictionary<string, string?>
        {
            ["Unique ID"] = item.Id.ToString(),
            ["Date of receipt"] = Day(item, item.SpokenAt) ?? item.Week,
            ["Country"] = item.Place?.Country,
            ["Region"] = item.Place?.Region,
            ["District"] = item.Place?.Area,
            ["Settlement/ Site Name"] = item.Place is { Public: true } place ? place.Name : null,
            ["Feedback channel"] = lists.Channel(item.Channel),
            ["Language of the interaction"] = item.LangIsCommon ? Language(item.Lang) : null,
            ["Age range"] = Age(item.Who.AgeBand),
            ["Sex"] = item.Who.Sex is null ? null : IfrcLists.Sex(item.Who.Sex),
            ["Vulnerability factor"] = item.Who.Diversity is null ? null : IfrcLists.Diversity(item.Who.Diversity),
            ["Operational relevance/ Service Mapping Sector"] = item.Topics is [var main, ..] ? codebook.Find("topic", main)?.Sector : null,
            ["Responsibility Category (level-1)"] = item.About == "unknown" ? null : codebook.Label("about", item.About, "en"),
            ["Sensitivity Category (level-2)"] = IfrcLists.Sensitivity,
            ["Criticality Category (level-3)"] = item.Urgency switch { "critical" or "high" => "urgent", "low" => "no action", _ => "regular" },
            ["Status of feedback"] = IfrcLists.Status(item),
            ["Date of referral"] = Day(item, item.ReferredAt),
            ["Date of case resolution"] = Day(item, item.ResolvedAt),
            ["Reason for action not possible (if applicable)"] = item.LoopImpossible is { } reason ? codebook.Label("loop_impossible", reason, "en") : null,
            ["Date of closing the loop (communicate back)"] = Day(item, item.LoopClosedAt),
            ["Key quote"] = item.Quote,
        };
        return [[.. Header.Select(column => held.GetValueOrDefault(column) is { Length: > 0 } value ? value : NotHeld)]];
    }

    // Bands of theirs, wider than those of the IFRC.
    private static string? Age(string? band) => band switch
    {
        null => null,
        "under_13" or "13_17" => "Below 18 years",
        "18_59" => "18 years and above but below 60 years",
        "60_over" => "60 years and above",
        Feedback.Items.SpeakerFacts.NotSaid => "Preferred not to indicate",
        _ => "Unknown",
    };

    private static string? Day(ExportedItem item, DateTime? at) => at is { } time ? item.DayOf(time).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : null;

    private static string? Language(string code)
    {
        try
        {
            return code == "und" ? null : CultureInfo.GetCultureInfo(code, predefinedOnly: true).EnglishName;
        }
        catch (CultureNotFoundException)
        {
            return code;
        }
    }
}
