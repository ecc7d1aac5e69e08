using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Intake;

/// <summary>What went out in one language: where a script needs UCS-2, a segment holds 70 characters and not 160, and the same text costs twice or more.</summary>
public sealed record LanguageVolume(string Lang, long Messages, long Segments, long UnicodeMessages)
{
    public double SegmentsAMessage => Messages == 0 ? 0 : (double)Segments / Messages;
}

/// <summary>One row of the estimate: what, how much of it, at what price. <see cref="Cost"/> is null without a price.</summary>
/// <param name="What">gsm, unicode (segments by script), messages, received, minutes, month.</param>
public sealed record CostRow(string What, long Messages, long Units, decimal? Price)
{
    public decimal? Cost => Price * Units;
}

/// <summary>What a line costs in a month, by the last 30 days.</summary>
public sealed record LineCost(string Id, string Kind, ChannelTraits Traits, LinePrices Prices, IReadOnlyList<CostRow> Rows, IReadOnlyList<LanguageVolume> Languages)
{
    /// <summary>Of everything that has a price; null when nothing has.</summary>
    public decimal? Total => Rows.Any(r => r.Cost is not null) ? Rows.Sum(r => r.Cost ?? 0) : null;

    /// <summary>Something was used that no price is known of.</summary>
    public bool Incomplete => Rows.Any(r => r.Units > 0 && r.Price is null && r.What != "month");

    /// <summary>Of the segments that went out, the share of this language.</summary>
    public double Share(LanguageVolume language) => Languages.Sum(l => l.Segments) is > 0 and var all ? (double)language.Segments / all : 0;

    public double ShareOfMessages(LanguageVolume language) => Languages.Sum(l => l.Messages) is > 0 and var all ? (double)language.Messages / all : 0;
}

/// <summary>Every line with its volumes of the last 30 days and what they cost by the prices that were typed. Open items only: circles' are in no count that others see.</summary>
public sealed record LineCosts : IRead<IReadOnlyList<LineCost>>
{
    public const int Days = 30;

    public Right Needs => Right.ManageAccounts;

    internal sealed class Handler(FeedbackDb db, ChannelKinds kinds, TimeProvider clock) : IRequestHandler<LineCosts, IReadOnlyList<LineCost>>
    {
        public async Task<IReadOnlyList<LineCost>> Handle(LineCosts request, CancellationToken ct)
        {
            var volumes = (await db.Database.SqlQuery<Volume>($"""
                select account_id as "AccountId", way as "Way", lang as "Lang", unicode as "Unicode", messages as "Messages", segments as "Segments" from line_volumes({clock.GetUtcNow().AddDays(-Days)})
                """).ToListAsync(ct)).ToLookup(v => v.AccountId);
            var rows = await db.Accounts.AsNoTracking().OrderBy(a => a.Id).ToListAsync(ct);
            return [.. rows.Where(r => kinds.Find(r.Kind) is { Settings.Count: > 0 }).Select(r =>
                Of(r.Id, kinds.Find(r.Kind)!, new LinePrices(r.PriceOutbound, r.PriceInbound, r.PriceMinute, r.PriceMonth, r.PriceCurrency), [.. volumes[r.Id]]))];
        }

        private static LineCost Of(string id, IChannel channel, LinePrices prices, List<Volume> volumes)
        {
            var traits = channel.Traits;
            List<Volume> sent = [.. volumes.Where(v => v.Way == "out")], received = [.. volumes.Where(v => v.Way == "in")], calls = [.. volumes.Where(v => v.Way == "call")];
            var rows = new List<CostRow>();
            if (traits.CanSend && traits.CountsSegments)
            {
                foreach (var unicode in new[] { false, true })
                {
                    List<Volume> script = [.. sent.Where(v => v.Unicode == unicode)];
                    rows.Add(new(unicode ? "unicode" : "gsm", script.Sum(v => v.Messages), script.Sum(v => v.Segments), prices.Outbound));
                }
            }
            else if (traits.CanSend)
            {
                rows.Add(new("messages", sent.Sum(v => v.Messages), sent.Sum(v => v.Messages), prices.Outbound));
            }
            if (traits.TakesCalls)
                rows.Add(new("minutes", calls.Sum(v => v.Messages), calls.Sum(v => v.Segments), prices.Minute));
            else
                rows.Add(new("received", received.Sum(v => v.Messages), received.Sum(v => v.Messages), prices.Inbound));
            rows.Add(new("month", 0, 1, prices.Month));
            return new LineCost(id, channel.Kind, traits, prices, rows, traits.CountsSegments
                ? [.. sent.GroupBy(v => v.Lang).Select(g => new LanguageVolume(g.Key, g.Sum(v => v.Messages), g.Sum(v => v.Segments), g.Where(v => v.Unicode).Sum(v => v.Messages))).OrderByDescending(l => l.Segments).ThenBy(l => l.Lang, StringComparer.Ordinal)]
                : []);
        }

        private sealed record Volume(string AccountId, string Way, string Lang, bool Unicode, long Messages, long Segments);
    }
}
