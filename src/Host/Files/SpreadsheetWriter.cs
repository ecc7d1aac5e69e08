using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Xml;

namespace Cea.Host.Files;

/// <summary>
/// Writes one sheet row by row, to a stream that need not be seekable. By hand, because the Open XML SDK keeps a package that it makes in memory until its end.
/// What is text is stored as text, so that no spreadsheet takes it for a formula.
/// </summary>
internal sealed class SpreadsheetWriter : IDisposable
{
    public const int MostRows = 1_048_576;
    private const string Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", Types = "http://schemas.openxmlformats.org/package/2006/content-types",
        Relations = "http://schemas.openxmlformats.org/package/2006/relationships", Document = "http://schemas.openxmlformats.org/officeDocument/2006/relationships", Content = "application/vnd.openxmlformats-officedocument.spreadsheetml";

    private readonly ZipArchive _zip;
    private readonly XmlWriter _sheet;
    private int _rows;

    public SpreadsheetWriter(Stream output, string name)
    {
        _zip = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true);
        Part("[Content_Types].xml", $"""
            <Types xmlns="{Types}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>
            <Override PartName="/xl/workbook.xml" ContentType="{Content}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="{Content}.styles+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{Content}.worksheet+xml"/></Types>
            """);
        Part("_rels/.rels", $"""<Relationships xmlns="{Relations}"><Relationship Id="r1" Type="{Document}/officeDocument" Target="xl/workbook.xml"/></Relationships>""");
        Part("xl/workbook.xml", $"""<workbook xmlns="{Main}" xmlns:r="{Document}"><sheets><sheet name="{name}" sheetId="1" r:id="r1"/></sheets></workbook>""");
        Part("xl/_rels/workbook.xml.rels", $"""<Relationships xmlns="{Relations}"><Relationship Id="r1" Type="{Document}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{Document}/styles" Target="styles.xml"/></Relationships>""");
        // Style 0 is plain, style 1 a time.
        Part("xl/styles.xml", $"""
            <styleSheet xmlns="{Main}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>
            <cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/><xf numFmtId="164" applyNumberFormat="1"/></cellXfs></styleSheet>
            """);
        _sheet = XmlWriter.Create(_zip.CreateEntry("xl/worksheets/sheet1.xml").Open(), new XmlWriterSettings { Encoding = new UTF8Encoding(false), CloseOutput = true });
        _sheet.WriteStartElement("worksheet", Main);
        _sheet.WriteStartElement("sheetData", Main);
    }

    /// <exception cref="InvalidOperationException">A sheet holds no more rows.</exception>
    public void Row(IEnumerable<object?> cells)
    {
        if (++_rows > MostRows)
            throw new InvalidOperationException($"a sheet holds {MostRows} rows: choose a shorter period, or csv");
        _sheet.WriteStartElement("row", Main);
        foreach (var cell in cells)
        {
            _sheet.WriteStartElement("c", Main);
            if (cell is DateTime at)
            {
                _sheet.WriteAttributeString("s", "1");
                _sheet.WriteElementString("v", Main, at.ToOADate().ToString("R", CultureInfo.InvariantCulture));
            }
            else if (Convert.ToString(cell, CultureInfo.InvariantCulture) is { Length: > 0 } text)
            {
                _sheet.WriteAttributeString("t", "inlineStr");
                _sheet.WriteStartElement("is", Main);
                _sheet.WriteStartElement("t", Main);
                _sheet.WriteAttributeString("xml", "space", null, "preserve");
                _sheet.WriteString(Allowed(text));
                _sheet.WriteEndElement();
                _sheet.WriteEndElement();
            }
            _sheet.WriteEndElement();
        }
        _sheet.WriteEndElement();
    }

    public void Dispose()
    {
        _sheet.Dispose(); // closes what is open
        _zip.Dispose();
    }

    private void Part(string name, string xml)
    {
        using var writer = new StreamWriter(_zip.CreateEntry(name).Open(), new UTF8Encoding(false));
        writer.Write("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n" + xml);
    }

    // Control characters and halves of surrogate pairs have no place in XML.
    private static string Allowed(string text)
    {
        var allowed = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            allowed.Append(rune.IsBmp && !XmlConvert.IsXmlChar((char)rune.Value) ? "\ufffd" : rune.ToString());
        return allowed.ToString();
    }
}
