using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Cea.Feedback.Safeguarding;

namespace Cea.Feedback.Coding;

/// <summary>One code with its labels. <see cref="Kind"/>: type, topic, group, urgency, third, speaker, speaks_for, about, stay, loop_method, loop_impossible.</summary>
public sealed record Code(string Kind, string Name, string? Group, string? Sensitivity, string? Circle, string? IfrcType, string? IfrcCategory, string? Sector, IReadOnlyDictionary<string, string> Labels, string? Definition)
{
    public string Label(string language) => Labels.TryGetValue(language, out var label) ? label : Labels["en"];
}

/// <summary>
/// The codes in use: data, versioned by a hash of their content. Tab separated, columns
/// <c>kind code group sensitivity circle ifrc_type ifrc_category sector en es fr ar definition</c>, "-" for none.
/// </summary>
public sealed class Codebook
{
    public const int MaxTopics = 26;
    public static readonly IReadOnlyList<string> Urgencies = ["critical", "high", "normal", "low"];
    private static readonly string[] Columns = ["kind", "code", "group", "sensitivity", "circle", "ifrc_type", "ifrc_category", "sector", "en", "es", "fr", "ar", "definition"];
    private static readonly string[] Labels = ["en", "es", "fr", "ar"];
    private static readonly Lazy<Codebook> Shipped = new(() => Parse(ReadShipped()));

    private readonly FrozenDictionary<(string, string), Code> _codes;

    private Codebook(string tsv, List<Code> codes)
    {
        Tsv = tsv;
        All = codes;
        Version = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(tsv)))[..12];
        _codes = codes.ToFrozenDictionary(c => (c.Kind, c.Name));
        Types = [.. Of("type")];
        Topics = [.. Of("topic")];
    }

    /// <summary>The codebook that comes with the service.</summary>
    public static Codebook Default => Shipped.Value;

    /// <summary>12 hex digits of the content's hash.</summary>
    public string Version { get; }
    public string Tsv { get; }
    public IReadOnlyList<Code> All { get; }
    public IReadOnlyList<Code> Types { get; }
    public IReadOnlyList<Code> Topics { get; }

    public IEnumerable<Code> Of(string kind) => All.Where(c => c.Kind == kind);

    public Code? Find(string kind, string name) => _codes.GetValueOrDefault((kind, name));

    /// <summary>The label, or the code itself when the codebook has lost it: an old item still shows.</summary>
    public string Label(string kind, string name, string language) => (Find(kind, name) ?? (kind == "topic" ? Find("group", name) : null))?.Label(language) ?? name;

    /// <summary>The class of these topics, 0 to 2. <paramref name="personal"/>: the text tells of the body, mind, status or victimhood of somebody, which makes 1* a 1.</summary>
    public int ClassOf(IEnumerable<string> topics, bool personal) => topics.Select(t => Find("topic", t)?.Sensitivity switch
    {
        "2" => 2,
        "1" => 1,
        "1*" => personal ? 1 : 0,
        _ => 0,
    }).DefaultIfEmpty(0).Max();

    /// <summary>The circle that keeps an item of these topics and class: the strictest one that fits; protection when no topic names one.</summary>
    public Circle CircleOf(IEnumerable<string> topics, int sensitivity)
    {
        if (sensitivity == 0)
            return Circle.Open;
        var named = topics.Select(t => Find("topic", t)?.Circle).OfType<string>().Select(Circle.Of).OrderByDescending(c => c.Strictness).FirstOrDefault();
        return sensitivity == 2 && named is not { Seals: true } ? Circle.Of("integrity") : named ?? Circle.Of("protection");
    }

    /// <exception cref="FormatException">Names the line and the column, and what is expected there.</exception>
    public static Codebook Parse(string tsv)
    {
        var lines = tsv.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0 || !lines[0].TrimStart('\ufeff').Split('\t').SequenceEqual(Columns))
            throw new FormatException($"line 1: the header must be {string.Join(' ', Columns)}, separated by tabs");
        var codes = new List<Code>();
        var seen = new HashSet<(string, string)>();
        for (var i = 1; i < lines.Length; i++)
        {
            var cells = lines[i].Split('\t');
            if (cells.Length != Columns.Length)
                throw new FormatException($"line {i + 1}: {cells.Length} columns instead of {Columns.Length}");
            string? Cell(string name) => cells[Array.IndexOf(Columns, name)].Trim() is { } cell && cell is not ("" or "-") ? cell : null;
            string Need(string name) => Cell(name) ?? throw new FormatException($"line {i + 1}, column {name}: must not be empty");
            var code = new Code(Need("kind"), Need("code"), Cell("group"), Cell("sensitivity"), Cell("circle"), Cell("ifrc_type"), Cell("ifrc_category"), Cell("sector"),
                Labels.Where(l => Cell(l) is not null).ToDictionary(l => l, l => Cell(l)!), Cell("definition"));
            if (!code.Labels.ContainsKey("en"))
                throw new FormatException($"line {i + 1}, column en: every code needs an English label");
            if (!code.Name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_'))
                throw new FormatException($"line {i + 1}, column code: small letters, digits and _ only");
            if (!seen.Add((code.Kind, code.Name)))
                throw new FormatException($"line {i + 1}, column code: {code.Name} stands there twice");
            if (code.Kind == "topic" && code.Sensitivity is not ("0" or "1" or "1*" or "2"))
                throw new FormatException($"line {i + 1}, column sensitivity: 0, 1, 1* or 2");
            if (code.Kind == "topic" && code.Sensitivity != "0" && (code.Circle is null || Circle.All.All(c => c.Code != code.Circle)))
                throw new FormatException($"line {i + 1}, column circle: one of {string.Join(' ', Circle.All.Skip(2).Select(c => c.Code))}");
            if (code.Kind == "type" && (code.IfrcType is null || code.IfrcCategory is null))
                throw new FormatException($"line {i + 1}, column ifrc_type: every type rolls up to one");
            codes.Add(code);
        }
        var groups = codes.Where(c => c.Kind == "group").Select(c => c.Name).ToHashSet();
        if (codes.FirstOrDefault(c => c.Kind == "topic" && (c.Group is null || !groups.Contains(c.Group))) is { } lost)
            throw new FormatException($"column group: topic {lost.Name} names no group of this codebook");
        if (codes.Count(c => c.Kind == "topic") is 0 or > MaxTopics)
            throw new FormatException($"1 to {MaxTopics} topics: fewer codes are coded better");
        foreach (var needed in new[] { ("type", "incomplete"), ("topic", "other"), ("urgency", "critical"), ("urgency", "high"), ("urgency", "normal"), ("urgency", "low") })
        {
            if (!seen.Contains(needed))
                throw new FormatException($"the {needed.Item1} {needed.Item2} is missing");
        }
        return new Codebook(tsv, codes);
    }

    /// <summary>Type, category and code as the IFRC coding framework has them; the topic's label stands for the code. RFC 4180.</summary>
    public string ToIfrcCsv()
    {
        var csv = new StringBuilder("Type of feedback,Category,Code\r\n");
        foreach (var type in Types)
        {
            foreach (var topic in Topics)
                csv.Append(type.IfrcType).Append(",\"").Append(type.IfrcCategory).Append("\",\"").Append(topic.Label("en").Replace("\"", "\"\"", StringComparison.Ordinal)).Append("\"\r\n");
        }
        return csv.ToString();
    }

    private static string ReadShipped()
    {
        using var stream = typeof(Codebook).Assembly.GetManifestResourceStream("Cea.codebook.tsv")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
