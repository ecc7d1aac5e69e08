using System.CommandLine;
using System.Globalization;
using System.Runtime.CompilerServices;
using Cea.Host.Files;
using CsvHelper;
using Npgsql;

namespace Cea.Host.Commands;

/// <summary>cea export --format csv|xlsx: checked open items, coded, without text, numbers or names. Streamed.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        var format = new Option<string>("--format") { DefaultValueFactory = _ => "csv", Description = "csv or xlsx" };
        var from = new Option<string?>("--from") { Description = "first day, 2026-11-01" };
        var to = new Option<string?>("--to") { Description = "last day" };
        var command = new Command("export", "checked open items to standard output; without text, numbers or names") { format, from, to };
        command.SetAction(async (parsed, ct) =>
        {
            if (parsed.GetValue(format) is not ("csv" or "xlsx"))
                throw new UsageException("--format: csv or xlsx");
            if (parsed.GetValue(format) is "xlsx" && !Console.IsOutputRedirected)
                throw new UsageException("--format xlsx: send it to a file, as in cea export --format xlsx > items.xlsx");
            var first = Day(parsed.GetValue(from), "--from") ?? DateOnly.MinValue.AddYears(1900);
            var last = Day(parsed.GetValue(to), "--to") ?? new DateOnly(2999, 1, 1);
            await using var deployment = await CommandLine.OpenAsync(ct);
            var rows = RowsAsync(deployment, first, last, ct);
            await (parsed.GetValue(format) is "xlsx" ? WriteSheetAsync(rows, ct) : WriteCsvAsync(rows, ct));
            return CommandLine.Done;
        });
        return command;
    }

    // A beginning in = + - @ is defused for spreadsheets.
    private static async Task WriteCsvAsync(IAsyncEnumerable<object?[]> rows, CancellationToken ct)
    {
        await using var csv = new CsvWriter(Console.Out, new CsvHelper.Configuration.CsvConfiguration(CultureInfo.InvariantCulture) { InjectionOptions = CsvHelper.Configuration.InjectionOptions.Escape }, leaveOpen: true);
        await foreach (var row in rows.WithCancellation(ct))
        {
            foreach (var cell in row)
                csv.WriteField(cell is DateTime at ? at.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) : Convert.ToString(cell, CultureInfo.InvariantCulture));
            await csv.NextRecordAsync();
        }
    }

    private static async Task WriteSheetAsync(IAsyncEnumerable<object?[]> rows, CancellationToken ct)
    {
        await using var output = Console.OpenStandardOutput();
        using var sheet = new SpreadsheetWriter(output, "items");
        await foreach (var row in rows.WithCancellation(ct))
            sheet.Row(row);
    }

    // Text leaves only masked and approved (S12), so this export has none.
    private static async IAsyncEnumerable<object?[]> RowsAsync(Deployment deployment, DateOnly from, DateOnly to, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var connection = await deployment.Databases.Exports.OpenConnectionAsync(ct);
        await using var command = new NpgsqlCommand("""
            select i.id, i.receipt_code, i.spoken_at, i.recorded_at, i.channel, s.slug, i.lang, i.status, i.type, array_to_string(i.topics, '|'), i.urgency, t.name, i.confirmed_at, i.seen_at, i.first_answer_at, i.resolved_at,
                   i.loop_closed_at, i.loop_method, i.loop_impossible
            from item i join team t on t.id = i.team_id left join service_point s on s.id = i.service_point_id
            where i.circle_id = 0 and i.checked and i.audience_id = 1 and i.spoken_at >= $1 and i.spoken_at < $2 order by i.spoken_at, i.id
            """, connection)
        {
            Parameters = { new() { Value = from.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc) }, new() { Value = to.AddDays(1).ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc) } },
        };
        await using var transaction = await connection.BeginTransactionAsync(ct);
        // Acts as whoever may see open items and nothing else: an API's officer would do; here one of this command alone.
        await using (var act = new NpgsqlCommand("select set_config('cea.officer', (select o.id::text from officer o join officer_access x on x.officer_id = o.id where x.audiences = '{1}' order by o.id limit 1), true)", connection))
            await act.ExecuteNonQueryAsync(ct);
        yield return ["id", "receipt_code", "spoken_at", "recorded_at", "channel", "service_point", "lang", "status", "type", "topics", "urgency", "team", "confirmed_at", "seen_at", "first_answer_at", "resolved_at", "loop_closed_at", "loop_method", "loop_impossible"];
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var row = new object?[reader.FieldCount];
            for (var i = 0; i < row.Length; i++)
                row[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
            yield return row;
        }
    }

    private static DateOnly? Day(string? text, string option) =>
        text is null ? null : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : throw new UsageException($"{option}: a day like 2026-11-29");
}
