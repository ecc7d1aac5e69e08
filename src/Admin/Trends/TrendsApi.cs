using Cea.Admin.Api;
using Cea.Feedback.Coding;
using Cea.Feedback.Intake;
using Cea.Feedback.Storage;
using Cea.Feedback.Trends;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Cea.Admin.Trends;

/// <summary>Trends by REST. A key sees checked class 0 only; what is counted by language is floored: then <c>n</c> is null, and <c>under</c> says below what (0: withheld, S12).</summary>
internal static class TrendsApi
{
    public static void MapTrends(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/trends", ReadAsync).DisableAntiforgery();
        routes.MapTrendFile();
    }

    private static async Task<IResult> ReadAsync(HttpContext context, IMediator mediator, ApiKeys keys, IntakeBoard board, CodebookInUse codebook, Databases databases, TimeProvider clock)
    {
        if (await keys.CheckAsync(context, "read") is { } refused)
            return refused;
        var t = await mediator.Send(new Trend(TrendUrl.Read(context.Request.Query, TrendUrl.Today(board, clock), await codebook.ReadAsync(databases, context.RequestAborted)), TrendUse.Api), context.RequestAborted);
        return Results.Json(new
        {
            by = TrendUrl.Name(t.Filter.By),
            bucket = TrendUrl.Buckets[(int)t.Filter.Bucket],
            from = t.Filter.Period.From,
            to = t.Filter.Period.To,
            before = t.Before is { } before ? new { from = before.From, to = before.To } : null,
            counting_since = t.Since,
            unit = Name(t.Unit),
            buckets = t.Buckets.Select(b => new { from = b.From, to = b.To }),
            items = t.Rows.Select(r => Json(t, r, r.Key)),
            all = Json(t, t.All, null),
            all_unit = Name(t.AllUnit),
            next_cursor = (string?)null,
        });
    }

    private static object Json(TrendTable table, TrendRow row, string? key) => new
    {
        key = table.Filter.By == TrendBy.ServicePoint && key == TrendFilter.NoServicePoint ? null : key,
        name = row.Name,
        counts = table.Buckets.Zip(row.Counts, (b, c) => new { from = b.From, n = c.N, under = Under(c) }),
        total = row.Total.N,
        total_under = Under(row.Total),
        before = row.Before?.N,
        before_under = row.Before is { } b ? Under(b) : null,
        change = row.Change is { } c ? new
        {
            difference = c.Difference,
            ratio = c.Ratio,
            mark = c.Mark switch { ChangeMark.Rise => "rise", ChangeMark.Fall => "fall", ChangeMark.None => null },
            chance = Math.Min(c.RiseChance, c.FallChance),
        } : null,
    };

    private static int? Under(Shown shown) => shown.N is not null ? null : shown.Under ? Suppression.Floor : 0;

    private static string Name(TrendUnit unit) => unit switch { TrendUnit.Items => "items", TrendUnit.Mentions => "mentions" };
}
