using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;
using DocumentFormat.OpenXml.Packaging;

namespace Cea.Host.Files;

/// <summary>A file of rows under a header line, CSV or .xlsx, read one row at a time.</summary>
internal abstract class RowFile : IDisposable
{
    public abstract IReadOnlyList<string>? Header { get; }

    /// <summary>The rows below the header, each with its place in the file.</summary>
    public abstract IEnumerable<(int Line, IReadOnlyList<string> Cells)> Rows();

    public abstract void Dispose();

    /// <exception cref="FormatException">It is not what its name says.</exception>
    public static RowFile Open(string file)
    {
        if (!file.EndsWith(".xlsx", StringComparison.OrdinalIgnoreCase))
            return new CsvRows(file);
        try
        {
            return new SpreadsheetRows(file);
        }
        catch (Exception wrong) when (wrong is OpenXmlPackageException or FileFormatException or InvalidDataException)
        {
            throw new FormatException($"{file} is no spreadsheet of the .xlsx kind");
        }
    }

    private sealed class CsvRows : RowFile
    {
        private readonly CsvReader _csv;

        public CsvRows(string file)
        {
            _csv = new CsvReader(new StreamReader(file, new UTF8Encoding(false, throwOnInvalidBytes: false)),
                new CsvConfiguration(CultureInfo.InvariantCulture) { BadDataFound = null, MissingFieldFound = null, DetectDelimiter = true, MaxFieldSize = 1_000_000 });
            Header = _csv.Read() && _csv.ReadHeader() ? _csv.HeaderRecord : null;
        }

        public override IReadOnlyList<string>? Header { get; }

        public override IEnumerable<(int Line, IReadOnlyList<string> Cells)> Rows()
        {
            while (_csv.Read())
                yield return (_csv.Parser.RawRow, _csv.Parser.Record ?? []);
        }

        public override void Dispose() => _csv.Dispose();
    }
}
