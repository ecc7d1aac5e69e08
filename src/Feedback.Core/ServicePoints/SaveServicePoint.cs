using Cea.Feedback.Officers;
using Cea.Feedback.Standards;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.ServicePoints;

/// <summary>What is asked of a service point.</summary>
public sealed record ServicePointFields(
    string Slug, string Name, string? Area, string? Country, string? Region, string? Route, string? NationalSociety, string Kind, string Visibility, WeeklyHours Hours, bool HoursConfirmed, bool Active);

/// <summary>Makes or changes a service point. Its short name stands on printed QR codes, so it never changes; hours confirmed anew are dated now.</summary>
public sealed record SaveServicePoint(int? Id, ServicePointFields Fields, Guid ClientId) : IWrite<int>
{
    private static readonly string[] Kinds = ["fixed", "mobile", "at_sea"], Visibilities = ["all", "on_asking", "never"];

    public Right Needs => Right.ManageSettings;

    public object? AuditDetail => new { service_point = Id, Fields.Active, Fields.HoursConfirmed };

    internal sealed class Handler(FeedbackDb db, TimeProvider clock) : IRequestHandler<SaveServicePoint, int>
    {
        public async Task<int> Handle(SaveServicePoint request, CancellationToken ct)
        {
            var fields = request.Fields;
            var check = new FieldCheck();
            var name = check.Text(fields.Name, "name", 80);
            var place = request.Id is { } id ? await db.ServicePoints.FindAsync([id], ct) ?? throw new RuleException("service_point_not_found") : null;
            if (place is null)
            {
                var slug = check.Text(fields.Slug, "slug", 63);
                check.Need(slug.Length == 0 || (slug[0] != '-' && slug.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')), "slug", "slug_wrong");
                check.Need(!await db.ServicePoints.AnyAsync(s => s.Slug == slug, ct), "slug", "taken");
                place = new ServicePoint { Slug = slug };
            }
            check.OneOf(fields.Kind, Kinds, "kind");
            check.OneOf(fields.Visibility, Visibilities, "visibility");
            var texts = new[] { (fields.Area, "area"), (fields.Country, "country"), (fields.Region, "region"), (fields.Route, "route"), (fields.NationalSociety, "national_society") }.Select(t => check.Optional(t.Item1, t.Item2, 80)).ToArray();
            fields.Hours.Check(check);
            check.Refuse();

            (place.Name, place.Area, place.Country, place.Region, place.Route, place.NationalSociety) = (name, texts[0], texts[1], texts[2], texts[3], texts[4]);
            (place.Kind, place.Visibility, place.Active, place.TimeZone, place.Hours) = (fields.Kind, fields.Visibility, fields.Active, fields.Hours.TimeZone, fields.Hours.ToHours());
            if (fields.HoursConfirmed)
                place.HoursConfirmedAt = clock.GetUtcNow();
            if (place.Id == 0)
                db.ServicePoints.Add(place);
            await db.SaveChangesAsync(ct);
            return place.Id;
        }
    }
}
