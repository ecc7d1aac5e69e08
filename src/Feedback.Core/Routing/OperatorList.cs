using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Routing;

/// <summary>An officer who takes calls of the helpline: his telephone, sealed, and by what callers may choose him.</summary>
public sealed class HelplineOperator
{
    public int OfficerId { get; set; }
    public byte[] Number { get; set; } = [];

    /// <summary>Who entered it; null: nobody knows any more, or he himself without his password, which confirms nothing.</summary>
    public int? NumberBy { get; set; }

    /// <summary>When it was entered; null: before that was kept.</summary>
    public DateTimeOffset? NumberAt { get; set; }

    /// <summary>Of callers who are put through to him; none: he only calls.</summary>
    public string[] Languages { get; set; } = [];

    /// <summary>female, male, or empty: not said.</summary>
    public string Gender { get; set; } = "";
}

/// <param name="OnDuty">A turn of a team in the rota is his at this moment.</param>
/// <param name="Confirmed">His number was entered by himself, with his password.</param>
public sealed record OperatorRow(int OfficerId, string Name, IReadOnlyList<string> Languages, string Gender, bool OnDuty, bool Confirmed);

public sealed record OperatorsShown(IReadOnlyList<OperatorRow> Operators, IReadOnlyList<OfficerName> Others);

/// <summary>Who takes calls. Nobody's number is shown.</summary>
public sealed record OperatorList : IRead<OperatorsShown>
{
    public Right Needs => Right.ManageUsers;

    internal sealed class Handler(FeedbackDb db, TimeProvider clock) : IRequestHandler<OperatorList, OperatorsShown>
    {
        public async Task<OperatorsShown> Handle(OperatorList request, CancellationToken ct)
        {
            var now = clock.GetUtcNow();
            var officers = await db.Officers.Where(o => o.Active).OrderBy(o => o.DisplayName).Select(o => new OfficerName(o.Id, o.DisplayName)).ToListAsync(ct);
            var operators = await db.Operators.AsNoTracking().ToDictionaryAsync(o => o.OfficerId, ct);
            var onDuty = (await db.Rota.Where(r => r.TeamId != null && r.StartsAt <= now && r.EndsAt > now).Select(r => r.OfficerId).ToListAsync(ct)).ToHashSet();
            return new OperatorsShown(
                [.. officers.Where(o => operators.ContainsKey(o.Id)).Select(o => new OperatorRow(o.Id, o.Name, operators[o.Id].Languages, operators[o.Id].Gender, onDuty.Contains(o.Id), operators[o.Id].NumberBy == o.Id))],
                [.. officers.Where(o => !operators.ContainsKey(o.Id))]);
        }
    }
}
