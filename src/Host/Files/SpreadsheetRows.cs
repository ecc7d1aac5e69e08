using System.Globalization;
using System.Text.RegularExpressions;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;

namespace Cea.Host.Files;

/// <summary>The first sheet of an .xlsx file. In memory are one row and the words that cells share; a date is told as ISO 8601, whatever the cell shows.</summary>
internal sealed partial class SpreadsheetRows : RowFile
{
    private const int FirstOwnFormat = 164;
    private readonly SpreadsheetDocument _document;
    private readonly WorksheetPart _sheet;
    private readonly List<string> _words = [];
    private readonly bool[] _dates;
    private readonly bool _from1904;
    private readonly IEnumerator<(int Line, IReadOnlyList<string> Cells)> _rows;

    public SpreadsheetRows(string file)
    {
        _document = SpreadsheetDocument.Open(file, isEditable: false);
        try
        {
            var workbook = _document.WorkbookPart ?? throw new InvalidDataException("no workbook");
            var first = workbook.Workbook?.Descendants<Sheet>().FirstOrDefault()?.Id?.Value ?? throw new InvalidDataException("no sheet");
            _sheet = workbook.GetPartById(first) as WorksheetPart ?? throw new InvalidDataException("no sheet");
            _from1904 = workbook.Workbook!.WorkbookProperties?.Date1904?.Value == true;
            _dates = Dates(workbook.WorkbookStylesPart?.Stylesheet);
            if (workbook.SharedStringTablePart is { } shared)
            {
                using var reader = OpenXmlReader.Create(shared);
                while (reader.Read())
                {
                    if (reader.ElementType == typeof(SharedStringItem) && reader.IsStartElement)
                        _words.Add(Plain(reader.LoadCurrentElement()!));
                }
            }
            _rows = All().GetEnumerator();
            Header = _rows.MoveNext() ? _rows.Current.Cells : null;
        }
        catch
        {
            _document.Dispose();
            throw;
        }
    }

    public override IReadOnlyList<string>? Header { get; }

    public override IEnumerable<(int Line, IReadOnlyList<string> Cells)> Rows()
    {
        while (_rows.MoveNext())
        {
            if (_rows.Current.Cells.Any(c => c.Length > 0)) // a sheet has empty rows at its end as often as not
                yield return _rows.Current;
        }
    }

    public override void Dispose()
    {
        _rows.Dispose();
        _document.Dispose();
    }

    private IEnumerable<(int Line, IReadOnlyList<string> Cells)> All()
    {
        using var reader = OpenXmlReader.Create(_sheet);
        var line = 0;
        while (reader.Read())
        {
            if (reader.ElementType != typeof(Row) || !reader.IsStartElement)
                continue;
            var row = (Row)reader.LoadCurrentElement()!;
            line = row.RowIndex?.Value is { } index ? (int)index : line + 1;
            var cells = new List<string>();
            foreach (var cell in row.Elements<Cell>())
            {
                // Empty cells are left out of the file: the reference says which column this is.
                var column = Column(cell.CellReference?.Value) ?? cells.Count;
                while (cells.Count < column)
                    cells.Add("");
                cells.Add(Text(cell));
            }
            yield return (line, cells);
        }
    }

    private string Text(Cell cell)
    {
        var value = cell.CellValue?.Text ?? "";
        if (cell.DataType?.Value is { } type)
        {
            return type == CellValues.SharedString ? int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var word) && word < _words.Count ? _words[word] : ""
                : type == CellValues.InlineString ? cell.InlineString is { } own ? Plain(own) : "" : value;
        }
        return cell.StyleIndex?.Value is { } style && style < _dates.Length && _dates[style] && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var days) && days is >= 0 and < 2_900_000
            ? DateTime.FromOADate(days + (_from1904 ? 1462 : 0)).ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture) : value;
    }

    // How a word is spoken (phonetic runs) is no part of it.
    private static string Plain(OpenXmlElement element) => string.Concat(element.Descendants<Text>().Where(t => t.Parent is not PhoneticRun).Select(t => t.Text));

    private static int? Column(string? reference)
    {
        var column = 0;
        foreach (var letter in (reference ?? "").TakeWhile(char.IsAsciiLetter))
            column = column * 26 + (char.ToUpperInvariant(letter) - 'A' + 1);
        return column is 0 or > 16_384 ? null : column - 1;
    }

    // For each style, whether a number in it is a date.
    private static bool[] Dates(Stylesheet? styles)
    {
        var own = styles?.NumberingFormats?.Elements<NumberingFormat>().Where(f => f.NumberFormatId is not null).ToDictionary(f => f.NumberFormatId!.Value, f => DatePart().IsMatch(Quoted().Replace(f.FormatCode?.Value ?? "", ""))) ?? [];
        return [.. styles?.CellFormats?.Elements<CellFormat>().Select(f => f.NumberFormatId?.Value is { } id && (id < FirstOwnFormat ? id is >= 14 and <= 22 or >= 27 and <= 36 or >= 45 and <= 47 or >= 50 and <= 58 : own.GetValueOrDefault(id))) ?? []];
    }

    [GeneratedRegex("\"[^\"]*\"|\\\\.|\\[[^\\]]*\\]")]
    private static partial Regex Quoted();

    [GeneratedRegex("[ymdhs]", RegexOptions.IgnoreCase)]
    private static partial Regex DatePart();
}
