using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;

namespace Cea.Feedback.Intake;

/// <summary>What a line costs by its contract: for a segment (or message) that goes out, a message that comes in, a minute of a call, a month. None is built in: they differ by country, carrier and agreement.</summary>
public sealed record LinePrices(decimal? Outbound, decimal? Inbound, decimal? Minute, decimal? Month, string? Currency)
{
    public bool Any => (Outbound ?? Inbound ?? Minute ?? Month) is not null;
}

/// <summary>Says what a line costs.</summary>
public sealed record SavePrices(string Id, LinePrices Prices, Guid ClientId) : IWrite<string>
{
    private const decimal Most = 99_999, MostAMonth = 9_999_999;

    public Right Needs => Right.ManageAccounts;

    public object? AuditDetail => new { account = Id, Prices };

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<SavePrices, string>
    {
        public async Task<string> Handle(SavePrices request, CancellationToken ct)
        {
            var row = await db.Accounts.FindAsync([request.Id], ct) ?? throw new RuleException("account_not_found");
            var (prices, check) = (request.Prices, new FieldCheck());
            check.Need(prices.Outbound is null or >= 0 and <= Most, "price_outbound", "no_price");
            check.Need(prices.Inbound is null or >= 0 and <= Most, "price_inbound", "no_price");
            check.Need(prices.Minute is null or >= 0 and <= Most, "price_minute", "no_price");
            check.Need(prices.Month is null or >= 0 and <= MostAMonth, "price_month", "no_price");
            var currency = prices.Currency?.Trim().ToUpperInvariant() is { Length: > 0 } typed ? typed : null;
            check.Need(!prices.Any || currency is not null, "currency", "needed");
            check.Need(currency is null || (currency.Length == 3 && currency.All(char.IsAsciiLetterUpper)), "currency", "no_currency");
            check.Refuse();
            (row.PriceOutbound, row.PriceInbound, row.PriceMinute, row.PriceMonth, row.PriceCurrency) = (prices.Outbound, prices.Inbound, prices.Minute, prices.Month, currency);
            return row.Id;
        }
    }
}
