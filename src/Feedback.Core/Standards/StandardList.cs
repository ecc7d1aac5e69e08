using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Standards;

/// <summary>How long a step may take; no minutes: that step has no clock.</summary>
public sealed record StandardRow(string Urgency, string Step, int? Minutes, bool DayAndNight);

/// <summary>The standards, a row for every urgency and step.</summary>
public sealed record StandardList : IRead<IReadOnlyList<StandardRow>>
{
    public static readonly IReadOnlyList<string> Steps = ["seen", "answer", "close"];

    public Right Needs => Right.ManageSettings;

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<StandardList, IReadOnlyList<StandardRow>>
    {
        public async Task<IReadOnlyList<StandardRow>> Handle(StandardList request, CancellationToken ct)
        {
            var there = await db.Standards.AsNoTracking().ToDictionaryAsync(s => (s.Urgency, s.Step), ct);
            return [.. Coding.Codebook.Urgencies.SelectMany(u => Steps.Select(s => there.TryGetValue((u, s), out var known) ? new StandardRow(u, s, known.Minutes, known.DayAndNight) : new StandardRow(u, s, null, false)))];
        }
    }
}
