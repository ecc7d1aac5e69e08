using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Cea.Feedback.Safeguarding;

namespace Cea.Feedback.Coding;

/// <summary>One code with its labels. <see cref="Kind"/> is one of <see cref="Codebook.Kinds"/>; <see cref="Group"/> is a topic's group, or the topic of a third-level code.</summary>
public sealed record Code(string Kind, string Name, string? Group, string? Sensitivity, string? Circle, string? IfrcType, string? IfrcCategory, string? Sector, IReadOnlyDictionary<string, string> Labels, string? Definition)
{
    public string Label(string language) => Labels.TryGetValue(language, out var label) ? label : Labels["en"];
}

/// <summary>Where an item stands in the IFRC coding framework.</summary>
public readonly record struct IfrcCode(string Type, string Category, string Code);

/// <summary>
/// The codes in use: data, versioned by a hash of their content. Tab separated, columns
/// <c>kind code group sensitivity circle ifrc_type ifrc_category sector en es fr ar definition</c>, "-" for none. Immutable.
/// </summary>
public sealed class Codebook
{
    public const int MaxTopics = 26;
    public static readonly IReadOnlyList<string> Urgencies = ["critical", "high", "normal", "low"];
    public static readonly IReadOnlyList<string> Kinds = ["type", "group", "topic", "urgency", "third", "speaker", "speaks_for", "about", "stay", "loop_method", "loop_impossible"];
    private static readonly Lazy<Codebook> Shipped = new(() => Parse(ReadShipped()));

    private readonly FrozenDictionary<(string, string), Code> _codes;
    private readonly FrozenDictionary<string, Code[]> _meant; // a topic itself; of a group, its topics

    private Codebook(IReadOnlyList<Code> codes)
    {
        Tsv = CodebookTsv.Write(codes);
        All = codes;
        Version = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Tsv)))[..12];
        _codes = codes.ToFrozenDictionary(c => (c.Kind, c.Name));
        Types = [.. Of("type")];
        Topics = [.. Of("topic")];
        _meant = Topics.GroupBy(t => t.Group!).Where(g => Find("topic", g.Key) is null).Select(g => (Name: g.Key, Codes: g.ToArray()))
            .Concat(Topics.Select(t => (t.Name, Codes: new[] { t }))).ToFrozenDictionary(m => m.Name, m => m.Codes);
    }

    /// <summary>The codebook that comes with the service.</summary>
    public static Codebook Default => Shipped.Value;

    /// <summary>12 hex digits of the content's hash: the same for the same codes, whatever line ends or byte order mark a spreadsheet has given the file.</summary>
    public string Version { get; }

    /// <summary>The export: what <see cref="Parse"/> takes.</summary>
    public string Tsv { get; }
    public IReadOnlyList<Code> All { get; }
    public IReadOnlyList<Code> Types { get; }
    public IReadOnlyList<Code> Topics { get; }

    public IEnumerable<Code> Of(string kind) => All.Where(c => c.Kind == kind);

    /// <summary>The topics of a group.</summary>
    public IEnumerable<Code> TopicsIn(string group) => Topics.Where(t => t.Group == group);

    /// <summary>The third-level codes of a topic.</summary>
    public IEnumerable<Code> ThirdOf(string topic) => All.Where(c => c.Kind == "third" && c.Group == topic);

    public Code? Find(string kind, string name) => _codes.GetValueOrDefault((kind, name));

    /// <summary>The label, or the code itself when the codebook has lost it: an old item still shows.</summary>
    public string Label(string kind, string name, string language) => (Find(kind, name) ?? (kind == "topic" ? Find("group", name) : null))?.Label(language) ?? name;

    /// <summary>
    /// The class of these topics, 0 to 2. <paramref name="personal"/>: the text tells of the body, mind, status or victimhood of somebody, which makes 1* a 1.
    /// A group counts as the strictest of its topics, and a code that this codebook does not know as 2: nothing opens because a line was lost.
    /// </summary>
    public int ClassOf(IEnumerable<string> topics, bool personal) => topics.Select(t => _meant.TryGetValue(t, out var codes) ? codes.Max(c => ClassOf(c, personal)) : 2).DefaultIfEmpty(0).Max();

    /// <summary>The circle that keeps an item of these topics and class: the strictest one that fits; protection when no topic names one.</summary>
    public Circle CircleOf(IEnumerable<string> topics, int sensitivity)
    {
        if (sensitivity == 0)
            return Circle.Open;
        var named = topics.SelectMany(t => _meant.GetValueOrDefault(t) ?? []).Select(c => c.Circle).OfType<string>().Select(Circle.Of).OrderByDescending(c => c.Strictness).FirstOrDefault();
        return sensitivity == 2 && named is not { Seals: true } ? Circle.Of("integrity") : named ?? Circle.Of("protection");
    }

    /// <summary>Type and category of the IFRC framework, and the topic's English label as the code. A topic's own category counts where it belongs to the type's.</summary>
    public IfrcCode IfrcOf(string type, string topic)
    {
        var (t, about) = (Find("type", type), Find("topic", topic));
        var category = about?.IfrcCategory is { } own && about.IfrcType == t?.IfrcType ? own : t?.IfrcCategory;
        return new IfrcCode(t?.IfrcType ?? "Incomplete_feedback", category ?? "Other", Label("topic", topic, "en"));
    }

    /// <summary>Every type, category and code that an item can have in the IFRC framework, each once. RFC 4180.</summary>
    public string ToIfrcCsv()
    {
        static string Quoted(string value) => $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        var csv = new StringBuilder("Type of feedback,Category,Code\r\n");
        foreach (var (type, category, code) in Types.SelectMany(type => Topics.Select(topic => IfrcOf(type.Name, topic.Name))).Distinct())
            csv.Append(Quoted(type)).Append(',').Append(Quoted(category)).Append(',').Append(Quoted(code)).Append("\r\n");
        return csv.ToString();
    }

    /// <exception cref="FormatException">Names the line and the column, and what is expected there.</exception>
    public static Codebook Parse(string tsv) => new(CodebookTsv.Read(tsv));

    private static int ClassOf(Code topic, bool personal) => topic.Sensitivity switch
    {
        "0" => 0,
        "1" => 1,
        "1*" => personal ? 1 : 0,
        _ => 2,
    };

    private static string ReadShipped()
    {
        using var stream = typeof(Codebook).Assembly.GetManifestResourceStream("Cea.codebook.tsv")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
