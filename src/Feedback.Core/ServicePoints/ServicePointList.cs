using Cea.Feedback.Officers;
using Cea.Feedback.Standards;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.ServicePoints;

public sealed record ServicePointRow(
    int Id, string Slug, string Name, string? Area, string? Country, string? Region, string? Route, string? NationalSociety, string Kind, string Visibility, WeeklyHours Hours, DateTimeOffset? HoursConfirmedAt, bool Active);

/// <summary>All service points, those in use first.</summary>
public sealed record ServicePointList : IRead<IReadOnlyList<ServicePointRow>>
{
    public Right Needs => Right.SignedIn;

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<ServicePointList, IReadOnlyList<ServicePointRow>>
    {
        public async Task<IReadOnlyList<ServicePointRow>> Handle(ServicePointList request, CancellationToken ct) =>
            [.. (await db.ServicePoints.AsNoTracking().OrderByDescending(s => s.Active).ThenBy(s => s.Name).ToListAsync(ct)).Select(s => new ServicePointRow(
                s.Id, s.Slug, s.Name, s.Area, s.Country, s.Region, s.Route, s.NationalSociety, s.Kind, s.Visibility, WeeklyHours.Read(s.Hours, s.TimeZone), s.HoursConfirmedAt, s.Active))];
    }
}
