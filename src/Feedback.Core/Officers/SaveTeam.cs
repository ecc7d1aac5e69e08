using Cea.Feedback.Standards;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Officers;

/// <summary>Makes or changes a team: name, working hours, members. A team that rules or a rota name cannot be switched off: its items would wait for nobody.</summary>
public sealed record SaveTeam(int? Id, string Name, WeeklyHours Hours, IReadOnlyList<int> Members, bool Active, Guid ClientId) : IWrite<int>
{
    public Right Needs => Right.ManageSettings;

    public object? AuditDetail => new { team = Id, Active, members = Members };

    internal sealed class Handler(FeedbackDb db, TimeProvider clock) : IRequestHandler<SaveTeam, int>
    {
        public async Task<int> Handle(SaveTeam request, CancellationToken ct)
        {
            var check = new FieldCheck();
            var name = check.Text(request.Name, "name", 80);
            check.Need(!await db.Teams.AnyAsync(t => t.Name == name && t.Id != request.Id, ct), "name", "taken");
            request.Hours.Check(check);
            check.Need(await db.Officers.CountAsync(o => request.Members.Contains(o.Id), ct) == request.Members.Distinct().Count(), "members", "unknown");
            check.Refuse();

            var now = clock.GetUtcNow();
            if (!request.Active && request.Id is { } off && (await db.Rules.AnyAsync(r => r.TeamId == off, ct) || await db.Rota.AnyAsync(r => r.TeamId == off && r.EndsAt > now, ct)))
                throw new RuleException("team_in_use");

            var team = request.Id is { } id ? await db.Teams.FindAsync([id], ct) ?? throw new RuleException("team_not_found") : db.Teams.Add(new Team()).Entity;
            (team.Name, team.Calendar, team.Active) = (name, request.Hours.ToCalendar(), request.Active);
            WorkingCalendar.Parse(team.Calendar);
            await db.SaveChangesAsync(ct);

            var there = await db.TeamMembers.Where(m => m.TeamId == team.Id).ToListAsync(ct);
            db.TeamMembers.RemoveRange(there.Where(m => !request.Members.Contains(m.OfficerId)));
            db.TeamMembers.AddRange(request.Members.Distinct().Except(there.Select(m => m.OfficerId)).Select(m => new TeamMember { TeamId = team.Id, OfficerId = m }));
            return team.Id;
        }
    }
}
