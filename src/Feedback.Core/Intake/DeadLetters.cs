using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Intake;

/// <summary>Something received that could not be made an item. No content: when, where, and a stable code for why.</summary>
public sealed record DeadLetterRow(Guid Id, string AccountId, string Kind, DateTimeOffset ReceivedAt, int Attempts, string? Error)
{
    /// <summary>A call that nobody could read stays as it is: the raw call is kept for whoever mends the channel.</summary>
    public bool CanBeRetried => Kind != "unreadable";
}

/// <summary>What waits for somebody to look, newest first; at most 200.</summary>
public sealed record DeadLetters : IRead<IReadOnlyList<DeadLetterRow>>
{
    public Right Needs => Right.ManageAccounts;

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<DeadLetters, IReadOnlyList<DeadLetterRow>>
    {
        public async Task<IReadOnlyList<DeadLetterRow>> Handle(DeadLetters request, CancellationToken ct) =>
            await db.Database.SqlQuery<DeadLetterRow>($"select id as \"Id\", account_id as \"AccountId\", kind as \"Kind\", received_at as \"ReceivedAt\", attempts as \"Attempts\", error as \"Error\" from dead_letters()").ToListAsync(ct);
    }
}

/// <summary>How many messages wait because they could not be made items. For everybody who works on items: nobody has read what stands there.</summary>
public sealed record DeadLetterCount : IRead<int>
{
    public Right Needs => Right.ReadItems;

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<DeadLetterCount, int>
    {
        public Task<int> Handle(DeadLetterCount request, CancellationToken ct) => db.Database.SqlQuery<int>($"select dead_letter_count() as \"Value\"").SingleAsync(ct);
    }
}
