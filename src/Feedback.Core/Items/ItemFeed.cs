using System.Globalization;
using System.Text.Json;
using Cea.Feedback.Coding;
using Cea.Feedback.Officers;
using Cea.Feedback.Replies;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Cea.Feedback.Items;

/// <summary>An item as other systems are told of it: codes, clocks, messages; no address, no note, no name but of its team and officer.</summary>
public sealed record FeedItem(Guid Id, string ReceiptCode, DateTimeOffset RecordedAt, DateTimeOffset SpokenAt, string Channel, string? AccountId, string? ServicePoint, string Lang, string Status, string Type, string[] Topics, string Urgency, short Sensitivity,
    SuggestedCodes Suggested, ConfirmedCodes? Confirmed, string Team, string? Assignee, DateTimeOffset? ResolvedAt, DateTimeOffset? LoopClosedAt, DateTimeOffset? SeenBy, DateTimeOffset? AnswerBy, DateTimeOffset? CloseBy, IReadOnlyList<FeedMessage> Messages)
{
    /// <summary>Until when free text may be sent; null: at any time, or not at all.</summary>
    public ReplyWindow? Window { get; init; }

    /// <summary>The approved templates of this line for an answer, those in the item's language first. Only where there is a window.</summary>
    public IReadOnlyList<TemplateChoice> Templates { get; init; } = [];
}

public sealed record SuggestedCodes(string Type, string[] Topics, string Urgency, short Sensitivity, double? Confidence);

public sealed record ConfirmedCodes(string? Type, string[]? Topics, string? Urgency, DateTimeOffset At);

/// <summary>What was said; null text: sealed, or erased.</summary>
public sealed record FeedMessage(Guid Id, string Direction, string Kind, string? Text, DateTimeOffset At, string Status, IReadOnlyList<FeedFile> Media);

/// <summary>A file of a message: how far it got, never its content.</summary>
public sealed record FeedFile(Guid Id, string State, string? ContentType, long? Bytes);

/// <param name="Next">Where the next page begins; null at the end.</param>
public sealed record FeedItems(IReadOnlyList<FeedItem> Items, string? Next);

/// <summary>A page of items in full, 1 to 200 long, read by one statement however many there are.</summary>
public sealed record ItemFeed(ItemFilter Filter, string? After = null, int Limit = 50) : IRead<FeedItems>
{
    public Right Needs => Right.ReadItems;

    /// <summary>Whether this is a <see cref="FeedItems.Next"/> of a list by time.</summary>
    public static bool IsKey(string key) => key.Split(' ') is [var at, var id] && Guid.TryParse(id, out _) && DateTime.TryParse(at, CultureInfo.InvariantCulture, out _);

    internal sealed class Handler(FeedbackDb db, Officer officer, CodebookInUse codebook, FeedReader reader, TimeProvider clock) : IRequestHandler<ItemFeed, FeedItems>
    {
        public async Task<FeedItems> Handle(ItemFeed request, CancellationToken ct)
        {
            var limit = Math.Clamp(request.Limit, 1, 200);
            var sql = new ItemQuery(request.Filter, await codebook.ReadAsync(db, ct), officer, clock.GetUtcNow());
            var rows = await reader.ReadAsync(sql.Feed(request.After, limit + 1), sql.Parameters, ct);
            return rows.Count > limit ? new FeedItems([.. rows.Take(limit).Select(r => r.Item)], rows[limit - 1].Key) : new FeedItems([.. rows.Select(r => r.Item)], null);
        }
    }
}

/// <summary>One item in full.</summary>
public sealed record ItemOfFeed(Guid ItemId) : IRead<FeedItem>
{
    public Right Needs => Right.ReadItems;

    internal sealed class Handler(Officer officer, CodebookInUse codebook, FeedReader reader, TimeProvider clock) : IRequestHandler<ItemOfFeed, FeedItem>
    {
        public async Task<FeedItem> Handle(ItemOfFeed request, CancellationToken ct)
        {
            var sql = new ItemQuery(new ItemFilter { View = "all", Sort = "newest" }, codebook.Shown, officer, clock.GetUtcNow());
            sql.Only(request.ItemId);
            return await reader.ReadAsync(sql.Feed(null, 1), sql.Parameters, ct) is [var (item, _)] ? item : throw new RuleException("item_not_found");
        }
    }
}

/// <summary>Reads what <see cref="ItemQuery.Feed"/> asks for.</summary>
internal sealed class FeedReader(FeedbackDb db, Intake.IntakeBoard board, Intake.ChannelKinds kinds, TimeProvider clock)
{
    public async Task<List<(FeedItem Item, string Key)>> ReadAsync(string sql, NpgsqlParameter[] parameters, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, (NpgsqlConnection)db.Database.GetDbConnection());
        command.Parameters.AddRange(parameters);
        await using var r = await command.ExecuteReaderAsync(ct);
        var rows = new List<(FeedItem, string)>();
        while (await r.ReadAsync(ct))
        {
            string? Text(int column) => r.IsDBNull(column) ? null : r.GetString(column);
            DateTimeOffset? Time(int column) => r.IsDBNull(column) ? null : r.GetFieldValue<DateTimeOffset>(column);
            var window = r.GetBoolean(31) ? WindowOf(Text(5), Time(32)) : null;
            rows.Add((new FeedItem(r.GetGuid(0), r.GetString(1), r.GetFieldValue<DateTimeOffset>(2), r.GetFieldValue<DateTimeOffset>(3), r.GetString(4), Text(5), Text(6), r.GetString(7), r.GetString(8), r.GetString(9), (string[])r[10], r.GetString(11), r.GetInt16(12),
                new SuggestedCodes(r.GetString(13), (string[])r[14], r.GetString(15), r.GetInt16(16), r.IsDBNull(17) ? null : r.GetDouble(17)),
                Time(21) is { } confirmed ? new ConfirmedCodes(Text(18), r.IsDBNull(19) ? null : (string[])r[19], Text(20), confirmed) : null,
                r.GetString(22), Text(23), Time(24), Time(25), Time(26), Time(27), Time(28), JsonSerializer.Deserialize<List<FeedMessage>>(r.GetString(29), JsonSerializerOptions.Web)!)
            {
                Window = window,
                Templates = window is null ? [] : [.. JsonSerializer.Deserialize<List<TemplateChoice>>(r.GetString(33), JsonSerializerOptions.Web)!.Select(t => t with { Asked = [.. t.Asked.Where(p => !MessageTemplate.IsFilledIn(p))] })],
            }, r.GetString(30)));
        }
        return rows;
    }

    private ReplyWindow? WindowOf(string? accountId, DateTimeOffset? heard)
    {
        var traits = accountId is not null && board.Snapshot.Accounts.TryGetValue(accountId, out var account) ? kinds.Find(account.Kind)?.Traits : null;
        return traits is { CanSend: true, Window: { } window } ? ReplyWindow.Of(heard, window, clock.GetUtcNow()) : null;
    }
}
