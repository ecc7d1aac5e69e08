using System.Globalization;
using Cea.Feedback.Officers;
using Cea.Host.Files;
using Cea.Testing;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;

namespace Cea.Host.Tests.Files;

/// <summary>Spreadsheets in and out.</summary>
public sealed class SpreadsheetTests : IAsyncLifetime
{
    private OperatorsPlace _place = null!;

    public async Task InitializeAsync() => _place = await OperatorsPlace.OpenAsync();

    public async Task DisposeAsync() => await _place.DisposeAsync();

    [Fact]
    public async Task A_spreadsheet_is_imported_as_its_people_made_it()
    {
        await _place.Database.ExecuteAsync("insert into service_point (slug, name) values ('blue-gate', 'Blue gate')");
        var file = _place.PathOf("week.xlsx");
        Write(file,
            [Word("id"), Word("spoken_at"), Word("Comment"), Word("service_point")],
            [Number("1", "A2"), Date(new DateTime(2026, 11, 20, 8, 30, 0), "B2"), Own("la cola es muy larga \u00f1", "C2"), Word("blue-gate", "D2")],
            [Number("2", "A3"), Word("  ", "C3")],
            [Number("3", "A4"), Word("the door shuts", "C4"), Word("red-gate", "D4")],
            [Number("4", "A5"), Word("no water", "C5")]);
        await File.WriteAllTextAsync(_place.PathOf("map.json"), """{"text":"Comment"}""");

        var (code, output) = await _place.CeaAsync("import", file, "--map", _place.PathOf("map.json"));
        output.Split('\n').ShouldContain("2 added, 0 were there before, 2 bad");
        output.Split('\n').ShouldContain("line 3: the text is empty");
        output.Split('\n').ShouldContain("line 4: no service point red-gate; the slugs are in Settings > Service points");
        code.ShouldBe(1);
        (await _place.CeaAsync("import", file, "--map", _place.PathOf("map.json"))).Output.Split('\n').ShouldContain("0 added, 2 were there before, 2 bad");
    }

    [Fact]
    public void Cells_are_read_by_their_reference_and_dates_as_dates()
    {
        var file = _place.PathOf("cells.xlsx");
        Write(file, [Word("a"), Word("b"), Word("c")], [Word("far", "C7"), Date(new DateTime(2026, 2, 28), "E7"), Number("12.50", "F7")], [Own(" kept  as it is ", "A9")]);
        using var rows = RowFile.Open(file);
        rows.Header.ShouldBe(["a", "b", "c"]);
        rows.Rows().Select(r => string.Join('|', r.Cells)).ShouldBe(["||far||2026-02-28T00:00:00|12.50", " kept  as it is "]);
    }

    [Fact]
    public async Task What_is_no_spreadsheet_is_refused_in_one_line()
    {
        var file = _place.PathOf("words.xlsx");
        await File.WriteAllTextAsync(file, "text\nhello\n");
        (await _place.CeaAsync("import", file)).ShouldBe((1, $"{file} is no spreadsheet of the .xlsx kind\n"));
    }

    [Fact]
    public void Ten_thousand_rows_come_back_as_they_were_written_whatever_is_in_them()
    {
        var file = _place.PathOf("many.xlsx");
        var at = new DateTime(2026, 11, 20, 8, 30, 15, DateTimeKind.Utc);
        using (var stream = File.Create(file))
        using (var sheet = new SpreadsheetWriter(stream, "items"))
        {
            sheet.Row(["n", "text", "at", "none"]);
            for (var i = 0; i < 10_000; i++)
                sheet.Row([i, i == 5 ? "=1+1 <&> \u0001 \ud83d\udca7 \u0645\u0627\u0621" : "x", at, null]);
        }
        using var rows = RowFile.Open(file);
        var all = rows.Rows().ToList();
        all.Count.ShouldBe(10_000);
        string.Join('|', all[5].Cells).ShouldBe("5|=1+1 <&> \ufffd \ud83d\udca7 \u0645\u0627\u0621|2026-11-20T08:30:15|");
    }

    [Fact]
    public async Task The_export_as_a_spreadsheet_holds_what_the_CSV_holds()
    {
        await using (var office = new Office(_place.Database))
            await office.HireAsync("olga", [Roles.Officer]);
        await using (var pipeline = new Pipeline(_place.Database))
        {
            await pipeline.SetUpAsync();
            await pipeline.SayAsync("+50255519876", "[complaint|water|normal|0|en] the queue is long");
            await pipeline.SayAsync("+50255519877", "[complaint|sea_staff_abuse|high|2|en] a man wants a favour");
        }
        var file = _place.PathOf("items.xlsx");
        using (var cea = HostProcess.Start(_place.Environment, "export", "--format", "xlsx"))
        {
            await using (var output = File.Create(file))
                await cea.StandardOutput.BaseStream.CopyToAsync(output);
            await cea.WaitForExitAsync();
            cea.ExitCode.ShouldBe(0);
        }
        var csv = (await _place.CeaAsync("export", "--format", "csv")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Trim('\r')).ToList();
        using var rows = RowFile.Open(file);
        string.Join(',', rows.Header!).ShouldBe(csv[0]);
        string.Join(',', rows.Rows().ToList().ShouldHaveSingleItem().Cells).ShouldBe(csv[1].Replace("Z,", ",", StringComparison.Ordinal));
        (await _place.CeaAsync("export", "--format", "ods")).ShouldBe((2, "--format: ifrc, interagency, csv or xlsx\n"));
    }

    // As spreadsheet programs write them: shared words, a style for dates, empty cells left out.
    private static void Write(string file, params Cell[][] rows)
    {
        using var document = SpreadsheetDocument.Create(file, SpreadsheetDocumentType.Workbook);
        var workbook = document.AddWorkbookPart();
        workbook.Workbook = new Workbook(new Sheets());
        var styles = workbook.AddNewPart<WorkbookStylesPart>();
        styles.Stylesheet = new Stylesheet(new Fonts(new Font()), new Fills(new Fill()), new Borders(new Border()), new CellFormats(new CellFormat(), new CellFormat { NumberFormatId = 14, ApplyNumberFormat = true }));
        var sheet = workbook.AddNewPart<WorksheetPart>();
        var words = new SharedStringTable();
        var data = new SheetData();
        foreach (var cells in rows)
        {
            foreach (var cell in cells.Where(c => c.DataType?.Value == CellValues.SharedString))
            {
                var text = cell.CellValue!.Text;
                cell.CellValue = new CellValue(words.ChildElements.Count.ToString(CultureInfo.InvariantCulture));
                words.AppendChild(new SharedStringItem(new Text(text) { Space = SpaceProcessingModeValues.Preserve }));
            }
            var row = new Row(cells.Cast<OpenXmlElement>());
            if (cells[0].CellReference?.Value is { } reference)
                row.RowIndex = uint.Parse(reference.AsSpan(1), CultureInfo.InvariantCulture);
            data.AppendChild(row);
        }
        sheet.Worksheet = new Worksheet(data);
        workbook.AddNewPart<SharedStringTablePart>().SharedStringTable = words;
        workbook.Workbook.Sheets!.AppendChild(new Sheet { Id = workbook.GetIdOfPart(sheet), SheetId = 1, Name = "Answers" });
    }

    private static Cell Word(string text, string? at = null) => new() { DataType = CellValues.SharedString, CellValue = new CellValue(text), CellReference = at };

    private static Cell Own(string text, string at) => new() { DataType = CellValues.InlineString, InlineString = new InlineString(new Text(text) { Space = SpaceProcessingModeValues.Preserve }), CellReference = at };

    private static Cell Number(string number, string at) => new() { CellValue = new CellValue(number), CellReference = at };

    private static Cell Date(DateTime date, string at) => new() { CellValue = new CellValue(date.ToOADate().ToString(CultureInfo.InvariantCulture)), StyleIndex = 1, CellReference = at };
}
