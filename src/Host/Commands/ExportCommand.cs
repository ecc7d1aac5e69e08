using System.CommandLine;
using System.Globalization;
using CsvHelper;
using Npgsql;

namespace Cea.Host.Commands;

/// <summary>cea export --format csv: checked open items, coded, without text, numbers or names. Streamed.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        var format = new Option<string>("--format") { DefaultValueFactory = _ => "csv", Description = "csv" };
        var from = new Option<string?>("--from") { Description = "first day, 2026-11-01" };
        var to = new Option<string?>("--to") { Description = "last day" };
        var command = new Command("export", "checked open items to standard output; without text, numbers or names") { format, from, to };
        command.SetAction(async (parsed, ct) =>
        {
            if (parsed.GetValue(format) is not "csv")
                throw new UsageException("--format: only csv can be written yet");
            var first = Day(parsed.GetValue(from), "--from") ?? DateOnly.MinValue.AddYears(1900);
            var last = Day(parsed.GetValue(to), "--to") ?? new DateOnly(2999, 1, 1);
            await using var deployment = await CommandLine.OpenAsync(ct);
            await WriteAsync(deployment, Console.Out, first, last, ct);
            return CommandLine.Done;
        });
        return command;
    }

    // Text leaves only masked and approved (S12), so this export has none; a beginning in = + - @ is defused for spreadsheets.
    private static async Task WriteAsync(Deployment deployment, TextWriter output, DateOnly from, DateOnly to, CancellationToken ct)
    {
        await using var csv = new CsvWriter(output, new CsvHelper.Configuration.CsvConfiguration(CultureInfo.InvariantCulture) { InjectionOptions = CsvHelper.Configuration.InjectionOptions.Escape }, leaveOpen: true);
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
        foreach (var name in new[] { "id", "receipt_code", "spoken_at", "recorded_at", "channel", "service_point", "lang", "status", "type", "topics", "urgency", "team", "confirmed_at", "seen_at", "first_answer_at", "resolved_at", "loop_closed_at", "loop_method", "loop_impossible" })
            csv.WriteField(name);
        await csv.NextRecordAsync();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            for (var i = 0; i < reader.FieldCount; i++)
                csv.WriteField(reader.IsDBNull(i) ? "" : reader.GetValue(i) is DateTime at ? at.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) : reader.GetValue(i).ToString());
            await csv.NextRecordAsync();
        }
    }

    private static DateOnly? Day(string? text, string option) =>
        text is null ? null : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : throw new UsageException($"{option}: a day like 2026-11-29");
}
