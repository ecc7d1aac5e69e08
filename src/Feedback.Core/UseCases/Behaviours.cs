using System.Text.Json;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using MediatR;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Cea.Feedback.UseCases;

/// <summary>Refuses who may not.</summary>
internal sealed class May<TRequest, TResult>(CurrentOfficer current) : IPipelineBehavior<TRequest, TResult> where TRequest : IUseCase
{
    public Task<TResult> Handle(TRequest request, CancellationToken ct, RequestHandlerDelegate<TResult> next) =>
        current.Officer.May(request.Needs) ? next() : throw new RuleException(current.Officer.Id == 0 ? "sign_in" : "not_allowed");
}

/// <summary>
/// Opens the transaction and sets the officer in it, so that row policies hold; a write also leaves its mark in <c>done</c> (a double click or a repeated
/// call returns the first result) and in the audit, and commits all of it together.
/// </summary>
internal sealed class Done<TRequest, TResult>(FeedbackDb db, CurrentOfficer current, WakeUp wakeUp) : IPipelineBehavior<TRequest, TResult> where TRequest : IUseCase
{
    public async Task<TResult> Handle(TRequest request, CancellationToken ct, RequestHandlerDelegate<TResult> next)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var write = request as IWrite<TResult>;
        await db.Database.ExecuteSqlAsync($"select set_config('cea.officer', {current.Officer.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)}, true)", ct);
        if (write is null)
        {
            await db.Database.ExecuteSqlRawAsync("set transaction read only", ct);
            var shown = await next();
            await transaction.CommitAsync(ct);
            return shown;
        }

        var name = typeof(TRequest).Name;
        var first = await db.Database.ExecuteSqlAsync($"insert into done (client_id, officer_id, request) values ({write.ClientId}, {current.Officer.Id}, {name}) on conflict do nothing", ct);
        if (first == 0)
            return await EarlierAsync(write.ClientId, name, ct);

        TResult result;
        var (before, after) = (await AudienceAsync(write, ct), (int?)null);
        try
        {
            result = await next();
            await db.SaveChangesAsync(ct);
            var json = JsonSerializer.Serialize(result, JsonSerializerOptions.Web);
            await db.Database.ExecuteSqlAsync($"update done set result = {json}::jsonb where client_id = {write.ClientId} and officer_id = {current.Officer.Id}", ct);
            await AuditAsync(write, name, before, ct);
            after = await AudienceAsync(write, ct);
            await transaction.CommitAsync(ct);
        }
        catch (DbUpdateConcurrencyException)
        {
            throw new RuleException("changed_meanwhile");
        }
        // What is saved at the end comes wrapped, twice where it might be tried again.
        catch (Exception trouble) when (trouble is PostgresException or DbUpdateException or InvalidOperationException && trouble.GetBaseException() is PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected })
        {
            throw new RuleException("changed_meanwhile");
        }
        wakeUp.Ring(WakeUp.Outbox);
        if ((before ?? after) is { } was)
            wakeUp.Ring(WakeUp.Items, was, after ?? was);
        return result;
    }

    private async Task<TResult> EarlierAsync(Guid clientId, string name, CancellationToken ct)
    {
        var earlier = await db.Database.SqlQuery<string?>($"select result::text as \"Value\" from done where client_id = {clientId} and officer_id = {current.Officer.Id} and request = {name}").ToListAsync(ct);
        return earlier is [{ } json] ? JsonSerializer.Deserialize<TResult>(json, JsonSerializerOptions.Web)! : throw new RuleException("client_id_used");
    }

    // Also of an item that has just left the officer's sight.
    private async Task<int?> AudienceAsync(IWrite<TResult> write, CancellationToken ct) =>
        write.AboutItem is { } item ? await db.Database.SqlQuery<int?>($"select audience_of({item}) as \"Value\"").SingleAsync(ct) : null;

    // The row belongs to the audience that the item has now, or had until it was opened, so that a circle's audit stays inside the circle.
    private async Task<int> AuditAsync(IWrite<TResult> write, string name, int? before, CancellationToken ct)
    {
        var now = await AudienceAsync(write, ct) ?? Safeguarding.Audience.OpenId;
        var audience = now == Safeguarding.Audience.OpenId ? before ?? now : now;
        var detail = JsonSerializer.Serialize(write.AuditDetail ?? new { }, JsonSerializerOptions.Web);
        return await db.Database.ExecuteSqlAsync($"""
            insert into audit (officer_id, act, item_id, audience_id, detail)
            values ({current.Officer.Id}, {name}, {write.AboutItem}, {audience}, {detail}::jsonb)
            """, ct);
    }
}
