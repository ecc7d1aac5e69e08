using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Officers;

/// <summary>The phone and the paper are lost: an administrator takes the second step away, and the officer is signed out everywhere. Never one's own. Opens nothing by itself: the password is still needed.</summary>
public sealed record ResetTotp(int Id, Guid ClientId) : IWrite<int>
{
    public Right Needs => Right.ManageUsers;

    public object? AuditDetail => new { officer = Id };

    internal sealed class Handler(FeedbackDb db, Officer officer, SecondStep second) : IRequestHandler<ResetTotp, int>
    {
        public async Task<int> Handle(ResetTotp request, CancellationToken ct)
        {
            if (request.Id == officer.Id)
                throw new RuleException("not_for_yourself");
            var user = await db.Officers.FindAsync([request.Id], ct) ?? throw new RuleException("officer_not_found");
            await second.ForgetAsync(user, ct);
            user.SecurityStamp = Guid.CreateVersion7().ToString("N");
            user.ConcurrencyStamp = Guid.CreateVersion7().ToString("N");
            return user.Id;
        }
    }
}

/// <summary>Whether everybody who signs in must have a second step: who has none can do nothing else until it is set up.</summary>
public sealed record RequireTotp(bool Required, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.ManageUsers;

    public object? AuditDetail => new { Required };

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<RequireTotp, bool>
    {
        public async Task<bool> Handle(RequireTotp request, CancellationToken ct)
        {
            await db.Database.ExecuteSqlAsync($"insert into deployment (name, value) values ({DeploymentValues.TotpRequired}, {(request.Required ? "1" : "0")}) on conflict (name) do update set value = excluded.value", ct);
            return request.Required;
        }
    }
}
