using Cea.Feedback.Standards;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Officers;

public sealed record OfficerName(int Id, string Name);

public sealed record TeamRow(int Id, string Name, bool Active, WeeklyHours Hours, IReadOnlyList<int> Members, int Rules);

public sealed record TeamsShown(IReadOnlyList<TeamRow> Teams, IReadOnlyList<OfficerName> Officers);

/// <summary>The teams, who is in them, and who could be.</summary>
public sealed record TeamList : IRead<TeamsShown>
{
    public Right Needs => Right.ManageSettings;

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<TeamList, TeamsShown>
    {
        public async Task<TeamsShown> Handle(TeamList request, CancellationToken ct)
        {
            var members = (await db.TeamMembers.AsNoTracking().ToListAsync(ct)).ToLookup(m => m.TeamId, m => m.OfficerId);
            var rules = await db.Rules.GroupBy(r => r.TeamId).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, ct);
            var teams = await db.Teams.AsNoTracking().OrderByDescending(t => t.Active).ThenBy(t => t.Name).ToListAsync(ct);
            return new TeamsShown(
                [.. teams.Select(t => new TeamRow(t.Id, t.Name, t.Active, WeeklyHours.Read(t.Calendar), [.. members[t.Id]], rules.GetValueOrDefault(t.Id)))],
                await db.Officers.Where(o => o.Active && o.PasswordHash != null).OrderBy(o => o.DisplayName).Select(o => new OfficerName(o.Id, o.DisplayName)).ToListAsync(ct));
        }
    }
}
