using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Learning;

/// <summary>Whether a circle lets the classifier learn from what it confirms: proposed by one member, allowed by another, or neither.</summary>
public sealed record TrainingLeave(short CircleId, string? ProposedBy, bool ProposedByMe, DateTimeOffset? AllowedAt);

/// <summary>Of the sealing circles that the officer is a member of.</summary>
public sealed record TrainingLeaves : IRead<IReadOnlyList<TrainingLeave>>
{
    public Right Needs => Right.ManageCircles;

    internal sealed class Handler(FeedbackDb db, Officer officer) : IRequestHandler<TrainingLeaves, IReadOnlyList<TrainingLeave>>
    {
        public async Task<IReadOnlyList<TrainingLeave>> Handle(TrainingLeaves request, CancellationToken ct)
        {
            var mine = await db.Circles.AsNoTracking().Where(c => c.Seals && c.Id != Circle.CheckFirst.Id && db.CircleMembers.Any(m => m.CircleId == c.Id && m.OfficerId == officer.Id && m.ConfirmedAt != null)).Select(c => c.Id).ToListAsync(ct);
            var consents = await db.TrainingConsents.AsNoTracking().Where(c => mine.Contains(c.CircleId)).ToDictionaryAsync(c => c.CircleId, ct);
            var names = await db.Officers.AsNoTracking().Where(o => db.TrainingConsents.Any(c => c.ProposedBy == o.Id)).ToDictionaryAsync(o => o.Id, o => o.DisplayName, ct);
            return [.. mine.Select(id => consents.TryGetValue(id, out var c) ? new TrainingLeave(id, names.GetValueOrDefault(c.ProposedBy), c.ProposedBy == officer.Id, c.AllowedAt) : new TrainingLeave(id, null, false, null))];
        }
    }
}
