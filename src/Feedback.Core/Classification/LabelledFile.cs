namespace Cea.Feedback.Classification;

/// <summary>A tab separated file with a header, no quoting. Rows come with their line number.</summary>
public sealed class LabelledFile
{
    private readonly string[] _header;
    private readonly string _name;

    private LabelledFile(string name, string[] header, List<string[]> rows) => (_name, _header, Rows) = (name, header, rows);

    public IReadOnlyList<string[]> Rows { get; }

    /// <exception cref="FormatException">No header, or a row with another number of cells: names the line.</exception>
    public static LabelledFile Read(string name, TextReader reader)
    {
        var header = reader.ReadLine()?.TrimStart('\ufeff').TrimEnd('\r').Split('\t') ?? throw new FormatException($"{name} is empty");
        var rows = new List<string[]>();
        var line = 1;
        while (reader.ReadLine() is { } text)
        {
            line++;
            if (text.Length == 0)
                continue;
            var cells = text.TrimEnd('\r').Split('\t');
            if (cells.Length != header.Length)
                throw new FormatException($"{name}, line {line}: {cells.Length} cells where the header has {header.Length}");
            rows.Add(cells);
        }
        return new LabelledFile(name, header, rows);
    }

    public static LabelledFile Open(string path)
    {
        using var reader = new StreamReader(path);
        return Read(path, reader);
    }

    public int? Find(string column) => Array.IndexOf(_header, column) is var at && at >= 0 ? at : null;

    /// <exception cref="FormatException">The file has no such column.</exception>
    public int Need(string column) => Find(column) ?? throw new FormatException($"{_name}: no column {column}; the header has {string.Join(' ', _header)}");
}
