using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cea.Feedback.Coding;
using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Cea.Host.Files;

namespace Cea.Host.Commands;

/// <summary>cea import FILE.csv|.xlsx: feedback from a file, through the same inbox as everything else. Running it again adds nothing twice.</summary>
internal static class ImportCommand
{
    private const string AccountId = "import";
    private const int LongestText = 20_000;
    private static readonly string[] Known = ["text", "channel", "service_point", "lang", "spoken_at", "id", "speaker", "speaks_for", "about", "stay"];

    public static Command Create()
    {
        var file = new Argument<string>("FILE");
        var map = new Option<string?>("--map") { Description = "JSON: {\"text\":\"your column\", ...}" };
        var dry = new Option<bool>("--dry-run") { Description = "report only" };
        var command = new Command("import", "feedback from a CSV or .xlsx file; a bad row is reported and does not stop the rest") { file, map, dry };
        command.SetAction((parsed, ct) => RunAsync(parsed.GetValue(file)!, parsed.GetValue(map), parsed.GetValue(dry), ct));
        return command;
    }

    private static async Task<int> RunAsync(string file, string? mapFile, bool dry, CancellationToken ct)
    {
        if (!File.Exists(file))
            throw new UsageException($"{file} is not there");
        var map = mapFile is null ? [] : await MapAsync(mapFile, ct);
        if (map.Keys.Except(Known).FirstOrDefault() is { } unknown)
            throw new UsageException($"--map: {unknown} is none of {string.Join(' ', Known)}");

        using var rows = RowFile.Open(file);
        await using var deployment = await CommandLine.OpenAsync(ct);
        if (!dry)
        {
            await using var account = deployment.Databases.Worker.CreateCommand("insert into channel_account (id, kind) values ('import', 'api') on conflict do nothing");
            await account.ExecuteNonQueryAsync(ct);
        }
        using var wakeUp = new WakeUp(deployment.Databases, TimeProvider.System);
        await using var inbox = new Inbox(deployment.Databases, deployment.Keys, TimeProvider.System, wakeUp);
        var places = await PlacesAsync(deployment, ct);
        var book = await new CodebookInUse().ReadAsync(deployment.Databases, ct);
        string Column(string name) => map.GetValueOrDefault(name, name);
        var columns = new Dictionary<string, int>();
        foreach (var (column, i) in (rows.Header ?? throw new UsageException($"{file} has no header line")).Select((c, i) => (c, i)))
            columns.TryAdd(column, i);
        if (!columns.ContainsKey(Column("text")))
            throw new UsageException($"{file} has no column {Column("text")}: name it with --map");

        var (added, repeated, bad) = (0, 0, 0);
        var chunk = new List<MessageReceived>();
        var occurrences = new Dictionary<string, int>();
        foreach (var (line, cells) in rows.Rows())
        {
            string? Cell(string name) => columns.TryGetValue(Column(name), out var i) && i < cells.Count && !string.IsNullOrWhiteSpace(cells[i]) ? cells[i].Trim() : null;
            if (Read(Cell, places, book, occurrences, out var message) is { } problem)
            {
                bad++;
                await Console.Error.WriteLineAsync($"line {line}: {problem}");
                continue;
            }
            chunk.Add(message!);
            if (chunk.Count == 200)
                await StoreAsync();
        }
        await StoreAsync();
        Console.WriteLine(dry ? $"{added} rows would be read, {bad} are bad" : $"{added} added, {repeated} were there before, {bad} bad");
        return bad == 0 ? CommandLine.Done : CommandLine.Failed;

        async Task StoreAsync()
        {
            if (chunk.Count == 0)
                return;
            if (dry)
            {
                added += chunk.Count;
            }
            else
            {
                foreach (var part in chunk.Chunk(50))
                {
                    var receipts = await inbox.StoreAsync(AccountId, part, default, ct);
                    repeated += receipts.Count(r => r.Repeated);
                    added += receipts.Count(r => !r.Repeated);
                }
            }
            chunk.Clear();
        }
    }

    private static async Task<Dictionary<string, string>> MapAsync(string file, CancellationToken ct)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllTextAsync(file, ct)) ?? [];
        }
        catch (JsonException)
        {
            throw new UsageException($"--map: {file} is no JSON like {{\"text\":\"your column\"}}");
        }
    }

    // What is wrong with the row, or null and the message.
    private static string? Read(Func<string, string?> cell, HashSet<string> places, Codebook book, Dictionary<string, int> occurrences, out MessageReceived? message)
    {
        message = null;
        if (cell("text") is not { } text)
            return "the text is empty";
        if (text.Length > LongestText)
            return $"the text has {text.Length} characters; at most {LongestText}";
        if (cell("service_point") is { } place && !places.Contains(place))
            return $"no service point {place}; the slugs are in Settings > Service points";
        DateTimeOffset? at = null;
        if (cell("spoken_at") is { } spoken)
        {
            if (!DateTimeOffset.TryParse(spoken, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed))
                return "spoken_at is no date: write it like 2026-11-29 or 2026-11-29T08:30:00Z";
            at = parsed;
        }
        var fields = new Dictionary<string, string>();
        foreach (var name in new[] { "speaker", "speaks_for", "about", "stay" })
        {
            if (cell(name) is not { } value)
                continue;
            if (book.Find(name, value) is null)
                return $"{name}: no code {value}";
            fields[name] = value;
        }
        fields["import"] = "1";
        // Without an id the row's own content is it; the same row twice in one file is two people saying the same.
        var identity = cell("id");
        if (identity is null)
        {
            var content = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\u001f', Known.Select(k => cell(k) ?? "")))));
            occurrences[content] = occurrences.GetValueOrDefault(content) + 1;
            identity = $"{content} {occurrences[content]}";
        }
        message = new MessageReceived
        {
            ExternalId = $"row {identity}", Text = new PersonalText(text), Channel = cell("channel") ?? "import", ServicePoint = cell("service_point"), StatedLanguage = cell("lang"), At = at, Fields = fields,
        };
        return null;
    }

    private static async Task<HashSet<string>> PlacesAsync(Deployment deployment, CancellationToken ct)
    {
        await using var command = deployment.Databases.Worker.CreateCommand("select slug from service_point");
        await using var reader = await command.ExecuteReaderAsync(ct);
        var places = new HashSet<string>();
        while (await reader.ReadAsync(ct))
            places.Add(reader.GetString(0));
        return places;
    }
}
