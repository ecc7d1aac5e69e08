using System.Text.Json;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Officers;

public sealed record AuditEntry(long Id, DateTimeOffset At, string? Officer, string Act, Guid? ItemId, IReadOnlyDictionary<string, string> Detail);

/// <summary>A page of the audit, and the id to go on before; null at its end.</summary>
public sealed record AuditShown(IReadOnlyList<AuditEntry> Entries, long? Before, IReadOnlyList<string> Acts, IReadOnlyList<OfficerName> Officers, TimeZoneInfo Zone);

/// <summary>Who did what, newest first: for administrators what is of no item; of items only what the reader may see anyway. Row policies decide.</summary>
public sealed record AuditList(string? Act, int? OfficerId, Guid? ItemId, DateOnly? From, DateOnly? To, long? Before) : IRead<AuditShown>
{
    public const int PageSize = 100;

    public Right Needs => Right.ReadAudit;

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<AuditList, AuditShown>
    {
        public async Task<AuditShown> Handle(AuditList request, CancellationToken ct)
        {
            var zone = await DeploymentValues.ZoneAsync(db, ct);
            var rows = db.Audit.AsNoTracking().Where(a => (request.Act == null || a.Act == request.Act) && (request.OfficerId == null || a.OfficerId == request.OfficerId) && (request.ItemId == null || a.ItemId == request.ItemId));
            if (Start(request.From, zone) is { } from)
                rows = rows.Where(a => a.At >= from);
            if (Start(request.To?.AddDays(1), zone) is { } to)
                rows = rows.Where(a => a.At < to);
            if (request.Before is { } before)
                rows = rows.Where(a => a.Id < before);
            var page = await rows.OrderByDescending(a => a.Id).Take(PageSize + 1).ToListAsync(ct);
            var names = await db.Officers.ToDictionaryAsync(o => o.Id, o => o.DisplayName, ct);
            return new AuditShown(
                [.. page.Take(PageSize).Select(a => new AuditEntry(a.Id, a.At, a.OfficerId is { } id ? names.GetValueOrDefault(id) : null, a.Act, a.ItemId, Detail(a.Detail)))],
                page.Count > PageSize ? page[PageSize - 1].Id : null,
                await db.Audit.Select(a => a.Act).Distinct().OrderBy(a => a).ToListAsync(ct), [.. names.Select(n => new OfficerName(n.Key, n.Value)).OrderBy(n => n.Name)], zone);
        }

        private static DateTimeOffset? Start(DateOnly? day, TimeZoneInfo zone) =>
            day is { } d && d.ToDateTime(TimeOnly.MinValue) is var local ? new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime() : null;

        private static Dictionary<string, string> Detail(string json)
        {
            using var detail = JsonDocument.Parse(json);
            return detail.RootElement.EnumerateObject().Where(p => p.Value.ValueKind != JsonValueKind.Null).ToDictionary(p => p.Name, p => p.Value.ToString());
        }
    }
}
