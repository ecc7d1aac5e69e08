using System.Text;
using Cea.Feedback.Safeguarding;

namespace Cea.Feedback.Coding;

/// <summary>The codebook as a file: one code a line, tabs between, no quoting. What it refuses would open, hide or misname items.</summary>
internal static class CodebookTsv
{
    private static readonly string[] Columns = ["kind", "code", "group", "sensitivity", "circle", "ifrc_type", "ifrc_category", "sector", "en", "es", "fr", "ar", "definition"];
    private static readonly string[] Labels = ["en", "es", "fr", "ar"];
    private static readonly string[] IfrcTypes = ["Question", "Request_or_suggestion", "Report", "Encouragement_or_praise", "Observation_perception_belief", "Incomplete_feedback"];

    // Code elsewhere relies on these.
    private static readonly (string Kind, string Name)[] Needed = [("type", "incomplete"), ("topic", "other"), .. Codebook.Urgencies.Select(u => ("urgency", u))];

    public static string Write(IEnumerable<Code> codes)
    {
        var tsv = new StringBuilder(string.Join('\t', Columns)).Append('\n');
        foreach (var c in codes)
        {
            string?[] cells = [c.Kind, c.Name, c.Group, c.Sensitivity, c.Circle, c.IfrcType, c.IfrcCategory, c.Sector, .. Labels.Select(l => c.Labels.GetValueOrDefault(l)), c.Definition];
            tsv.AppendJoin('\t', cells.Select(cell => cell ?? "-")).Append('\n');
        }
        return tsv.ToString();
    }

    /// <exception cref="FormatException">Names the line and the column, and what is expected there.</exception>
    public static IReadOnlyList<Code> Read(string tsv)
    {
        var lines = tsv.TrimStart('\ufeff').ReplaceLineEndings("\n").Split('\n');
        if (!lines[0].Split('\t').SequenceEqual(Columns))
            throw Wrong(1, "kind", $"the header must be {string.Join(' ', Columns)}, separated by tabs");

        var codes = new List<(int Line, Code Code)>();
        for (var i = 1; i < lines.Length; i++)
        {
            if (lines[i].Trim().Length > 0)
                codes.Add((i + 1, ReadLine(lines[i], i + 1)));
        }
        CheckTogether(codes);
        return [.. codes.Select(c => c.Code)];
    }

    /// <summary>Everything that <see cref="Read"/> would refuse: every wrong line, or what is wrong between the lines. Empty: it can be used.</summary>
    public static IReadOnlyList<string> Problems(string tsv)
    {
        var lines = tsv.TrimStart('\ufeff').ReplaceLineEndings("\n").Split('\n');
        var problems = new List<string>();
        for (var i = 1; i < lines.Length; i++)
        {
            try
            {
                if (lines[i].Trim().Length > 0 && lines[0].Split('\t').Length == Columns.Length)
                    ReadLine(lines[i], i + 1);
            }
            catch (FormatException wrong)
            {
                problems.Add(wrong.Message);
            }
        }
        if (problems.Count > 0)
            return problems;
        try
        {
            Read(tsv);
            return [];
        }
        catch (FormatException wrong)
        {
            return [wrong.Message];
        }
    }

    private static Code ReadLine(string text, int line)
    {
        var cells = text.Split('\t');
        if (cells.Length != Columns.Length)
            throw new FormatException($"line {line}: {cells.Length} columns instead of {Columns.Length}; \"-\" stands for none");

        string? Cell(string name) => cells[Array.IndexOf(Columns, name)].Trim() is { } cell && cell is not ("" or "-") ? cell : null;
        string Need(string name) => Cell(name) ?? throw Wrong(line, name, "must not be empty");
        void Only(bool allowed, string name, string whom)
        {
            if (!allowed && Cell(name) is not null)
                throw Wrong(line, name, $"only for {whom}; \"-\" here");
        }

        foreach (var (name, cell) in Columns.Zip(cells))
        {
            if (cell.Any(char.IsControl))
                throw Wrong(line, name, "a control character");
            if (cell.Trim() is [('=' or '+' or '@') or '-', ..] formula && formula != "-")
                throw Wrong(line, name, "must not begin with = + - or @: a spreadsheet would run it");
        }
        var code = new Code(Need("kind"), Need("code"), Cell("group"), Cell("sensitivity"), Cell("circle"), Cell("ifrc_type"), Cell("ifrc_category"), Cell("sector"),
            Labels.Where(l => Cell(l) is not null).ToDictionary(l => l, l => Cell(l)!), Cell("definition"));
        var topic = code.Kind == "topic";
        if (!Codebook.Kinds.Contains(code.Kind))
            throw Wrong(line, "kind", $"one of {string.Join(' ', Codebook.Kinds)}");
        if (!code.Name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_'))
            throw Wrong(line, "code", "small letters, digits and _ only");
        if (code.Kind == "urgency" && !Codebook.Urgencies.Contains(code.Name))
            throw Wrong(line, "code", $"one of {string.Join(' ', Codebook.Urgencies)}");
        Need("en");
        Only(topic || code.Kind == "third", "group", "topics and third-level codes");
        Only(topic, "sensitivity", "topics");
        Only(topic, "circle", "topics");
        Only(topic || code.Kind == "type", "ifrc_type", "types and topics");
        if (topic)
            CheckWhoSees(code, line);
        if (code.Kind == "type")
            Need("ifrc_category");
        if (code.IfrcType is not null && !IfrcTypes.Contains(code.IfrcType) || code.Kind == "type" && code.IfrcType is null)
            throw Wrong(line, "ifrc_type", $"one of {string.Join(' ', IfrcTypes)}");
        if (code.IfrcType is null != code.IfrcCategory is null)
            throw Wrong(line, "ifrc_category", "goes with ifrc_type: both or none");
        return code;
    }

    private static void CheckWhoSees(Code topic, int line)
    {
        if (topic.Sensitivity is not ("0" or "1" or "1*" or "2"))
            throw Wrong(line, "sensitivity", "0, 1, 1* or 2");
        var circle = Circle.All.Skip(2).FirstOrDefault(c => c.Code == topic.Circle);
        if (topic.Sensitivity == "0" && topic.Circle is not null)
            throw Wrong(line, "circle", "\"-\" for a topic of class 0: everybody who handles items sees it");
        if (topic.Sensitivity != "0" && circle is null)
            throw Wrong(line, "circle", $"one of {string.Join(' ', Circle.All.Skip(2).Select(c => c.Code))}");
        if (topic.Sensitivity == "2" && !circle!.Seals)
            throw Wrong(line, "circle", $"class 2 needs one that encrypts to its members: {string.Join(' ', Circle.All.Skip(2).Where(c => c.Seals).Select(c => c.Code))}");
    }

    private static void CheckTogether(List<(int Line, Code Code)> codes)
    {
        var seen = new HashSet<(string, string)>();
        foreach (var (line, code) in codes)
        {
            if (!seen.Add((code.Kind, code.Name)))
                throw Wrong(line, "code", $"the {code.Kind} {code.Name} stands there twice");
        }
        foreach (var (line, code) in codes)
        {
            var parent = code.Kind switch { "topic" => "group", "third" => "topic", _ => null };
            if (parent is not null && (code.Group is null || !seen.Contains((parent, code.Group))))
                throw Wrong(line, "group", $"must be a {parent} of this codebook");
        }
        if (codes.Where(c => c.Code.Kind == "topic").Skip(Codebook.MaxTopics).FirstOrDefault() is { Code: not null } extra)
            throw Wrong(extra.Line, "kind", $"at most {Codebook.MaxTopics} topics: fewer codes are coded better");
        foreach (var (kind, name) in Needed)
        {
            if (!seen.Contains((kind, name)))
                throw new FormatException($"column code: the {kind} {name} is missing; the service needs it");
        }
    }

    private static FormatException Wrong(int line, string column, string expected) => new($"line {line}, column {column}: {expected}");
}
