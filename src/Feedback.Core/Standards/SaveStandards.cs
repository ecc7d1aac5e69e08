using Cea.Feedback.Coding;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Standards;

/// <summary>
/// The whole table of standards at once. Everything but <c>low</c> has all three clocks, each step no shorter than the one before, and critical ones run day and night
/// (S18). New limits hold for items that come in from now on.
/// </summary>
public sealed record SaveStandards(IReadOnlyList<StandardRow> Rows, Guid ClientId) : IWrite<int>
{
    private const int Longest = 365 * 24 * 60;

    public Right Needs => Right.ManageSettings;

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<SaveStandards, int>
    {
        public async Task<int> Handle(SaveStandards request, CancellationToken ct)
        {
            Check(request.Rows);
            var there = await db.Standards.ToDictionaryAsync(s => (s.Urgency, s.Step), ct);
            foreach (var row in request.Rows)
            {
                var known = there.GetValueOrDefault((row.Urgency, row.Step));
                if (row.Minutes is not { } minutes)
                {
                    if (known is not null)
                        db.Standards.Remove(known);
                    continue;
                }
                var standard = known ?? db.Standards.Add(new Standard { Urgency = row.Urgency, Step = row.Step }).Entity;
                (standard.Minutes, standard.DayAndNight) = (minutes, row.DayAndNight);
            }
            return request.Rows.Count;
        }

        private static void Check(IReadOnlyList<StandardRow> rows)
        {
            var check = new FieldCheck();
            foreach (var urgency in Codebook.Urgencies)
            {
                int? before = null;
                foreach (var step in StandardList.Steps)
                {
                    var field = $"{urgency}_{step}";
                    var row = rows.FirstOrDefault(r => r.Urgency == urgency && r.Step == step);
                    check.Need(row?.Minutes is not null || urgency == "low", field, "needed");
                    check.Need(row?.Minutes is null or (> 0 and <= Longest), field, "out_of_range");
                    check.Need(row?.Minutes is null || before is null || row.Minutes >= before, field, "shorter_than_before");
                    check.Need(row?.Minutes is null || urgency != "critical" || row.DayAndNight, field, "critical_day_and_night");
                    before = row?.Minutes ?? before;
                }
            }
            check.Need(rows.All(r => Codebook.Urgencies.Contains(r.Urgency) && StandardList.Steps.Contains(r.Step)), "rows", "unknown");
            check.Refuse();
        }
    }
}
