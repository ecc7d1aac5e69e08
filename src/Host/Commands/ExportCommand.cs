using System.CommandLine;
using System.Globalization;
using Cea.Channels;
using Cea.Feedback.Coding;
using Cea.Feedback.Intake;
using Cea.Host.Files;
using CsvHelper;
using CsvHelper.Configuration;

namespace Cea.Host.Commands;

/// <summary>cea export --format ifrc|interagency|csv|xlsx: checked open items, coded, without numbers or names; of texts only quotes that were masked and approved. Streamed.</summary>
internal static class ExportCommand
{
    private static readonly string[] Formats = ["ifrc", "interagency", "csv", "xlsx"];

    // A cell that a spreadsheet would take for a formula begins with an apostrophe instead.
    private static readonly CsvConfiguration Csv = new(CultureInfo.InvariantCulture) { InjectionOptions = InjectionOptions.Escape, InjectionCharacters = ['=', '+', '-', '@', '\t', '\r'] };

    public static Command Create()
    {
        var format = new Option<string>("--format") { DefaultValueFactory = _ => "csv", Description = "ifrc (coding framework, CSV), interagency (44 columns, CSV), csv or xlsx" };
        var from = new Option<string?>("--from") { Description = "first day, 2026-11-01" };
        var to = new Option<string?>("--to") { Description = "last day" };
        var command = new Command("export", "checked open items to standard output; of texts only approved quotes, without numbers or names") { format, from, to };
        command.SetAction(async (parsed, ct) =>
        {
            var chosen = parsed.GetValue(format);
            if (!Formats.Contains(chosen))
                throw new UsageException("--format: ifrc, interagency, csv or xlsx");
            if (chosen is "xlsx" && !Console.IsOutputRedirected)
                throw new UsageException("--format xlsx: send it to a file, as in cea export --format xlsx > items.xlsx");
            var first = Day(parsed.GetValue(from), "--from") ?? new DateOnly(1900, 1, 1);
            var last = Day(parsed.GetValue(to), "--to") ?? new DateOnly(2999, 1, 1);
            await using var deployment = await CommandLine.OpenAsync(ct);
            var layout = await LayoutAsync(chosen!, deployment, ct);
            await using var rows = ExportedItem.ReadAsync(deployment.Databases.Exports, first, last, ct).SelectMany(layout.Rows).GetAsyncEnumerator(ct);
            var any = await rows.MoveNextAsync(); // what cannot be read is said before anything is written
            await (chosen is "xlsx" ? WriteSheetAsync(layout.Header, rows, any) : WriteCsvAsync(layout.Header, rows, any));
            return CommandLine.Done;
        });
        return command;
    }

    private static async Task<ExportLayout> LayoutAsync(string format, Deployment deployment, CancellationToken ct)
    {
        if (format is "csv" or "xlsx")
            return new OwnLayout();
        var codebook = await new CodebookInUse().ReadAsync(deployment.Databases, ct);
        await using var channels = new ServiceCollection().AddChannels().BuildServiceProvider();
        var lists = new IfrcLists(channels.GetRequiredService<ChannelKinds>());
        return format is "ifrc" ? new IfrcLayout(codebook, lists) : new InteragencyLayout(codebook, lists);
    }

    private static async Task WriteCsvAsync(IReadOnlyList<string> header, IAsyncEnumerator<IReadOnlyList<object?>> rows, bool any)
    {
        await using var csv = new CsvWriter(Console.Out, Csv, leaveOpen: true);
        foreach (var column in header)
            csv.WriteField(column);
        await csv.NextRecordAsync();
        for (; any; any = await rows.MoveNextAsync())
        {
            foreach (var cell in rows.Current)
                csv.WriteField(cell is DateTime at ? at.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) : Convert.ToString(cell, CultureInfo.InvariantCulture));
            await csv.NextRecordAsync();
        }
    }

    private static async Task WriteSheetAsync(IReadOnlyList<string> header, IAsyncEnumerator<IReadOnlyList<object?>> rows, bool any)
    {
        await using var output = Console.OpenStandardOutput();
        using var sheet = new SpreadsheetWriter(output, "items");
        sheet.Row(header);
        for (; any; any = await rows.MoveNextAsync())
            sheet.Row(rows.Current);
    }

    private static DateOnly? Day(string? text, string option) =>
        text is null ? null : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : throw new UsageException($"{option}: a day like 2026-11-29");
}
