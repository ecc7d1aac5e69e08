using System.Text.Json;
using Cea.Feedback.Classification;
using Cea.Feedback.Coding;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Texts;

namespace Cea.Feedback.Items;

/// <summary>What triage has decided about one text, before it looks at whose it is: codes, class, circle, and who must not see it.</summary>
public sealed record Coded(string Type, string[] Topics, string Urgency, short Sensitivity, Circle Circle, bool Alarming, string SuggestionJson, Reading Reading)
{
    private static readonly string[] Rank = ["low", "normal", "high", "critical"];

    public static int RankOf(string urgency) => Array.IndexOf(Rank, urgency);

    public static string Higher(string one, string other) => RankOf(one) >= RankOf(other) ? one : other;

    /// <summary>
    /// The machine's reading turned into codes of the codebook. Fails closed: what it did not understand, or is between thresholds, goes to check-first. The class of
    /// a topic is a floor: the reading may raise it, not lower it. Class 2 is at least high.
    /// </summary>
    public static Coded Of(Reading reading, Codebook codebook, string modelVersion, Keyword? keyword, IReadOnlyDictionary<string, string> fields)
    {
        var topics = reading.Topics.Select(t => t.Code).Where(c => codebook.Find("topic", c) is not null || codebook.Find("group", c) is not null).Take(3).ToArray();
        if (topics.Length == 0)
            topics = ["other"];
        var urgency = RankOf(reading.Urgency.Code) >= 0 ? reading.Urgency.Code : "normal";
        var type = codebook.Find("type", reading.Type.Code) is null ? "incomplete" : reading.Type.Code;
        var sensitivity = Math.Max(codebook.ClassOf(topics, personal: reading.Sensitivity.Class > 0), reading.Sensitivity.Class);
        if (fields.GetValueOrDefault("minor") == "at_risk")
            sensitivity = Math.Max(sensitivity, 1);
        if (sensitivity == 2)
            urgency = Higher(urgency, "high");
        var circle = codebook.CircleOf(topics, sensitivity);
        if (!reading.Understood || reading.Sensitivity.CheckFirst)
            circle = Circle.CheckFirst;
        if (keyword == Keyword.Confidential)
            (type, topics, urgency, sensitivity, circle) = ("request", ["other"], "high", 2, Circle.CheckFirst); // wants to talk: nobody knows yet about whom
        if (fields.GetValueOrDefault("wants") == "call_back")
            type = "request";

        var json = JsonSerializer.Serialize(new
        {
            model = modelVersion,
            codebook = codebook.Version,
            type = new { code = type, confidence = reading.Type.Confidence },
            topics = reading.Topics.Select(t => new { code = t.Code, confidence = t.Confidence }),
            urgency = new { code = reading.Urgency.Code, confidence = reading.Urgency.Confidence },
            sensitivity = new { code = sensitivity, p_sensitive = reading.Sensitivity.PSensitive, p_class2 = reading.Sensitivity.PClass2 },
            understood = reading.Understood,
        }, JsonSerializerOptions.Web);
        var alarming = !reading.Understood || RankOf(urgency) == RankOf("critical") || keyword == Keyword.Confidential;
        return new Coded(type, topics, urgency, (short)sensitivity, circle, alarming, json, reading);
    }

    /// <summary>What an item's suggested codes become when this was heard in a recording of it: that alone was "incomplete", or a request to be called back. Urgency and class only rise.</summary>
    public (string Type, string[] Topics, string Urgency, short Sensitivity) Over(string type, string[] topics, string urgency, short sensitivity) =>
        (Type == "incomplete" ? type : Type, [.. Topics.Concat(topics).Where(t => t != "other").Distinct().Take(3).DefaultIfEmpty("other")], Higher(urgency, Urgency), Math.Max(sensitivity, Sensitivity));

    /// <summary>Who sees an item of this circle and place, given whom the text may be about.</summary>
    public static (bool AlternateOnly, int[] Excluded) Withheld(Circle circle, int? servicePointId, string text, IReadOnlyList<TriageFacts.Cleared> people)
    {
        if (circle.Id == Circle.Open.Id)
            return (false, []);
        var members = people.Where(p => p.CircleId == circle.Id).ToList();
        var folded = TextBook.Fold(text);
        var named = members.Where(m => Conflict.Mentions(folded, m.Names)).Select(m => m.OfficerId).Order().ToArray();
        if (circle.Id == Circle.CheckFirst.Id)
            return (false, named);

        // About our own conduct: never first to the focal point of that very site.
        var ofTheSite = circle.Seals && servicePointId is { } site ? members.Where(m => m.OwnSite == site).Select(m => m.OfficerId).ToArray() : [];
        if (named.Length == 0 && ofTheSite.Length == 0)
            return (false, []);
        var excluded = named.Concat(ofTheSite).Distinct().Order().ToArray();
        var standsIn = members.Any(m => m.Alternate && !excluded.Contains(m.OfficerId) && (servicePointId is null || m.OwnSite != servicePointId));
        return (standsIn, excluded);
    }
}
