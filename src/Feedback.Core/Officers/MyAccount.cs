using System.Text.Json.Serialization;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Officers;

/// <summary>An officer's own second step: whether it is in force, and while it is being set up what his phone must read.</summary>
public sealed record MyAccountShown(string UserName, bool TotpOn, bool TotpRequired, string? Secret, string? Uri, int RecoveryCodesLeft)
{
    public override string ToString() => nameof(MyAccountShown);
}

/// <summary>Codes for the day the phone is lost, for the page that asked; left out wherever the result is stored, so a repeat of the same click shows none.</summary>
public sealed record RecoveryCodesShown([property: JsonIgnore] IReadOnlyList<string>? Codes)
{
    public override string ToString() => nameof(RecoveryCodesShown);
}

/// <summary>The page of one's own account.</summary>
public sealed record MyAccount : IRead<MyAccountShown>
{
    public Right Needs => Right.SignedIn;

    internal sealed class Handler(FeedbackDb db, Officer officer, SecondStep second) : IRequestHandler<MyAccount, MyAccountShown>
    {
        public async Task<MyAccountShown> Handle(MyAccount request, CancellationToken ct)
        {
            var user = await db.Officers.AsNoTracking().SingleAsync(o => o.Id == officer.Id, ct);
            var required = await db.Deployment.AnyAsync(d => d.Name == DeploymentValues.TotpRequired && d.Value == "1", ct);
            var (secret, uri) = user is { Totp: { } kept, TotpConfirmedAt: null } ? second.ForThePhone(kept, user.UserName ?? "") : ((string?)null, (string?)null);
            return new MyAccountShown(user.UserName ?? "", user.TotpConfirmedAt is not null, required, secret, uri, await second.RecoveryCodesLeftAsync(officer.Id, ct));
        }
    }
}

/// <summary>Begins: a secret is made for the phone. In force only once a code of it has been typed.</summary>
public sealed record BeginTotp(Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.SignedIn;

    internal sealed class Handler(FeedbackDb db, Officer officer, SecondStep second) : IRequestHandler<BeginTotp, bool>
    {
        public async Task<bool> Handle(BeginTotp request, CancellationToken ct)
        {
            var user = await db.Officers.SingleAsync(o => o.Id == officer.Id, ct);
            if (user.PasswordHash is null)
                throw new RuleException("not_allowed"); // a key of another system has no phone
            if (user.TotpConfirmedAt is not null)
                throw new RuleException("totp_on");
            user.Totp = second.Seal(SecondStep.NewSecret());
            user.ConcurrencyStamp = Guid.CreateVersion7().ToString("N");
            return true;
        }
    }
}

/// <summary>A code of the phone is right: from now on sign-in asks for one. Shows the recovery codes, once.</summary>
public sealed record ConfirmTotp(string Code, Guid ClientId) : IWrite<RecoveryCodesShown>
{
    public Right Needs => Right.SignedIn;

    public override string ToString() => nameof(ConfirmTotp);

    internal sealed class Handler(FeedbackDb db, Officer officer, SecondStep second, TimeProvider clock) : IRequestHandler<ConfirmTotp, RecoveryCodesShown>
    {
        public async Task<RecoveryCodesShown> Handle(ConfirmTotp request, CancellationToken ct)
        {
            var user = await db.Officers.SingleAsync(o => o.Id == officer.Id, ct);
            if (user.TotpConfirmedAt is not null)
                throw new RuleException("totp_on");
            if (!await second.TakePhoneCodeAsync(user, request.Code, ct))
                throw new RuleException("totp_wrong");
            user.TotpConfirmedAt = clock.GetUtcNow();
            user.ConcurrencyStamp = Guid.CreateVersion7().ToString("N");
            var codes = SecondStep.NewRecoveryCodes();
            await second.ReplaceRecoveryCodesAsync(user.Id, codes, ct);
            return new RecoveryCodesShown(codes);
        }
    }
}

/// <summary>New recovery codes in place of the old ones, for who types a code.</summary>
public sealed record RenewRecoveryCodes(string Code, Guid ClientId) : IWrite<RecoveryCodesShown>
{
    public Right Needs => Right.SignedIn;

    public override string ToString() => nameof(RenewRecoveryCodes);

    internal sealed class Handler(FeedbackDb db, Officer officer, SecondStep second) : IRequestHandler<RenewRecoveryCodes, RecoveryCodesShown>
    {
        public async Task<RecoveryCodesShown> Handle(RenewRecoveryCodes request, CancellationToken ct)
        {
            var user = await db.Officers.AsNoTracking().SingleAsync(o => o.Id == officer.Id, ct);
            if (!await second.TakeAsync(user, request.Code, ct))
                throw new RuleException("totp_wrong");
            var codes = SecondStep.NewRecoveryCodes();
            await second.ReplaceRecoveryCodesAsync(user.Id, codes, ct);
            return new RecoveryCodesShown(codes);
        }
    }
}

/// <summary>Off again, or before another phone is set up, for who types a code.</summary>
public sealed record StopTotp(string Code, Guid ClientId) : IWrite<bool>
{
    public Right Needs => Right.SignedIn;

    public override string ToString() => nameof(StopTotp);

    internal sealed class Handler(FeedbackDb db, Officer officer, SecondStep second) : IRequestHandler<StopTotp, bool>
    {
        public async Task<bool> Handle(StopTotp request, CancellationToken ct)
        {
            var user = await db.Officers.SingleAsync(o => o.Id == officer.Id, ct);
            if (!await second.TakeAsync(user, request.Code, ct))
                throw new RuleException("totp_wrong");
            await second.ForgetAsync(user, ct);
            user.ConcurrencyStamp = Guid.CreateVersion7().ToString("N");
            return true;
        }
    }
}
