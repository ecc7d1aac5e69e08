namespace Cea.Feedback.Classification;

/// <summary>A table with a header, tabs between, no quoting; columns are found by name. Read line by line.</summary>
internal sealed class Tsv : IDisposable
{
    private readonly TextReader _reader;
    private readonly string[] _columns;
    private int _line = 1;

    public Tsv(TextReader reader, string name)
    {
        _reader = reader;
        _columns = (reader.ReadLine() ?? throw new FormatException($"{name}: empty; a header line is needed")).TrimStart('\ufeff').TrimEnd('\r').Split('\t');
        Name = name;
    }

    public string Name { get; }

    public int Column(string column) => Array.IndexOf(_columns, column);

    public int Need(string column) => Column(column) is var at and >= 0 ? at : throw new FormatException($"{Name}: a header with the column {column} is needed, it has {string.Join(", ", _columns)}");

    /// <summary>Cells of the next line that is not empty; null at the end.</summary>
    /// <exception cref="FormatException">Another number of cells than the header has; names the line.</exception>
    public string[]? Next()
    {
        while (_reader.ReadLine() is { } line)
        {
            _line++;
            line = line.TrimEnd('\r');
            if (line.Length == 0)
                continue;
            var cells = line.Split('\t');
            if (cells.Length != _columns.Length)
                throw new FormatException($"{Name}, line {_line}: {cells.Length} cells where the header has {_columns.Length}");
            return cells;
        }
        return null;
    }

    public static Tsv Open(string path) => new(new StreamReader(path), Path.GetFileName(path));

    public void Dispose() => _reader.Dispose();
}

/// <summary>Texts with labels: columns id, text, labels (joined by |, may be empty).</summary>
internal sealed record LabelledTexts(List<string> Ids, List<string> Texts, List<string[]> Labels)
{
    public static LabelledTexts Read(string path)
    {
        using var table = Tsv.Open(path);
        var (id, text, labels) = (table.Column("id"), table.Need("text"), table.Need("labels"));
        var all = new LabelledTexts([], [], []);
        while (table.Next() is { } row)
        {
            all.Ids.Add(id < 0 ? (all.Ids.Count + 1).ToString(System.Globalization.CultureInfo.InvariantCulture) : row[id]);
            all.Texts.Add(row[text]);
            all.Labels.Add(row[labels].Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        }
        return all.Texts.Count > 0 ? all : throw new FormatException($"{table.Name}: no rows");
    }
}
