using System.Globalization;
using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Routing;

/// <summary>Puts somebody on call for a circle (a member does, for a member) or a team. Times as typed: local in the deployment's time zone, "2026-11-29T08:00".</summary>
public sealed record SaveRotaTurn(int? Id, short? CircleId, int? TeamId, int OfficerId, string Starts, string Ends, Guid ClientId) : IWrite<int>
{
    private const int LongestDays = 100;

    public Right Needs => CircleId is null ? Right.ManageSettings : Right.ManageCircles;

    public object? AuditDetail => new { turn = Id, circle = CircleId, team = TeamId, officer = OfficerId };

    internal sealed class Handler(FeedbackDb db, Officer officer) : IRequestHandler<SaveRotaTurn, int>
    {
        public async Task<int> Handle(SaveRotaTurn request, CancellationToken ct)
        {
            if (request.CircleId is null == request.TeamId is null)
                throw new RuleException("rota_group_needed");
            if (request.CircleId is { } circle)
                await CircleAccess.MineAsync(db, officer, circle, ct);
            var zone = await DeploymentValues.ZoneAsync(db, ct);
            var check = new FieldCheck();
            var belongs = request.CircleId is { } c ? await db.CircleMembers.AnyAsync(m => m.CircleId == c && m.OfficerId == request.OfficerId && m.ConfirmedAt != null, ct)
                : await db.TeamMembers.AnyAsync(m => m.TeamId == request.TeamId && m.OfficerId == request.OfficerId, ct);
            check.Need(belongs && await db.Officers.AnyAsync(o => o.Id == request.OfficerId && o.Active, ct), "officer", "not_of_the_group");
            var (starts, ends) = (Moment(request.Starts, zone), Moment(request.Ends, zone));
            check.Need(starts is not null, "starts", "not_a_time");
            check.Need(ends is not null, "ends", "not_a_time");
            check.Need(starts is null || ends is null || starts < ends, "ends", "ends_before_it_begins");
            check.Need(starts is null || ends is null || ends - starts <= TimeSpan.FromDays(LongestDays), "ends", "too_long");
            check.Need(starts is null || ends is null || !await db.Rota.AnyAsync(r => r.Id != request.Id && r.CircleId == request.CircleId && r.TeamId == request.TeamId && r.OfficerId == request.OfficerId
                && r.StartsAt < ends && r.EndsAt > starts, ct), "starts", "overlaps");
            check.Refuse();

            var turn = request.Id is { } id ? await db.Rota.FirstOrDefaultAsync(r => r.Id == id && r.CircleId == request.CircleId && r.TeamId == request.TeamId, ct) ?? throw new RuleException("turn_not_found") : db.Rota.Add(new RotaTurn()).Entity;
            (turn.CircleId, turn.TeamId, turn.OfficerId, turn.StartsAt, turn.EndsAt) = (request.CircleId, request.TeamId, request.OfficerId, starts!.Value, ends!.Value);
            await db.SaveChangesAsync(ct);
            return turn.Id;
        }

        // A time that the change to summer time skips counts as the hour after.
        private static DateTimeOffset? Moment(string text, TimeZoneInfo zone)
        {
            if (!DateTime.TryParseExact(text, ["yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
                return null;
            if (zone.IsInvalidTime(local))
                local = local.AddHours(1);
            return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
        }
    }
}
