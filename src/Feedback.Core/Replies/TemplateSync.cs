using Cea.Feedback.Intake;
using Cea.Feedback.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Cea.Feedback.Replies;

/// <summary>
/// Brings templates to their providers and their approval back. Each step is recorded before the next: who dies after creating finds it in the provider's list by its
/// name and takes it over, so that none is created twice.
/// </summary>
public sealed class TemplateSync(Databases databases, IntakeBoard board, ChannelKinds kinds, TimeProvider clock)
{
    private static readonly TimeSpan Again = TimeSpan.FromHours(6);

    /// <summary>How many changed their state.</summary>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        var changed = 0;
        foreach (var account in board.Snapshot.Accounts.Values.Where(a => a.Broken is null))
        {
            if (kinds.Find(account.Kind) is not IHasTemplates provider)
                continue;
            IReadOnlyList<ProviderTemplate>? held = null;
            foreach (var template in await DueAsync(account.Id, ct))
            {
                try
                {
                    if (template.ExternalId is null)
                        held ??= await ListAsync(provider, account, ct);
                    changed += await StepAsync(provider, account, template, held ?? [], ct) ? 1 : 0;
                }
                catch (HttpRequestException refused) when ((int?)refused.StatusCode is >= 400 and < 500 and not (401 or 403 or 404 or 408 or 429))
                {
                    changed += await KeepAsync(template, template.ExternalId, "rejected", $"the provider answered {(int)refused.StatusCode!}", ct) ? 1 : 0;
                }
                catch (Exception trouble) when (trouble is HttpRequestException or OperationCanceledException && !ct.IsCancellationRequested)
                {
                    break; // the provider is away or does not let us in: next round
                }
            }
        }
        return changed;
    }

    private async Task<bool> StepAsync(IHasTemplates provider, ChannelAccount account, MessageTemplate template, IReadOnlyList<ProviderTemplate> held, CancellationToken ct)
    {
        var draft = new TemplateDraft(ProviderName(template), template.Lang, template.Category, template.Body, [.. template.Places.Select(p => p == MessageTemplate.Code ? "ABCD-EFGH-JKM" : p)]);
        var changed = false;
        if (template.ExternalId is null)
        {
            var known = held.FirstOrDefault(h => h.Name == draft.Name) ?? held.FirstOrDefault(h => h.Name == template.Name && h.Language == template.Lang && MessageTemplate.PlacesOf(h.Body) == template.Places.Length);
            template.ExternalId = known?.ExternalId ?? await provider.CreateTemplateAsync(draft, account, ct);
            if (known is { Body.Length: > 0 })
                template.Body = known.Body;
            changed = await KeepAsync(template, template.ExternalId, "unsubmitted", null, ct);
        }
        var approval = template.State is "wanted" or "unsubmitted" ? await provider.SubmitTemplateAsync(template.ExternalId, draft, account, ct) : await provider.ReadTemplateAsync(template.ExternalId, account, ct);
        var state = approval is null ? "disabled" : approval.State switch
        {
            TemplateState.Disabled => "disabled",
            TemplateState.Unsubmitted => "unsubmitted",
            TemplateState.Pending => "pending",
            TemplateState.Approved => "approved",
            TemplateState.Rejected => "rejected",
            TemplateState.Paused => "paused",
        };
        return await KeepAsync(template, template.ExternalId, state, approval is null ? "the provider does not have it any more" : approval.Reason, ct) | changed;
    }

    private async Task<bool> KeepAsync(MessageTemplate template, string? externalId, string state, string? reason, CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("update message_template set external_id = $2, state = $3, reason = $4, body = $5, checked_at = $6 where id = $1");
        command.Parameters.AddRange(new NpgsqlParameter[]
        {
            new() { Value = template.Id }, new() { Value = (object?)externalId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text }, new() { Value = state }, new() { Value = (object?)reason ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
            new() { Value = template.Body }, new() { Value = clock.GetUtcNow().UtcDateTime },
        });
        await command.ExecuteNonQueryAsync(ct);
        var before = template.State;
        template.State = state;
        return before != state;
    }

    private async Task<List<MessageTemplate>> DueAsync(string accountId, CancellationToken ct)
    {
        await using var command = databases.Worker.CreateCommand("""
            select id, name, lang, category, body, places, external_id, state from message_template
            where account_id = $1 and (state in ('wanted', 'unsubmitted', 'pending') or (state in ('approved', 'paused') and (checked_at is null or checked_at < $2))) order by id
            """);
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = accountId }, new() { Value = (clock.GetUtcNow() - Again).UtcDateTime } });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var due = new List<MessageTemplate>();
        while (await reader.ReadAsync(ct))
        {
            due.Add(new MessageTemplate
            {
                Id = reader.GetInt32(0), AccountId = accountId, Name = reader.GetString(1), Lang = reader.GetString(2), Category = reader.GetString(3), Body = reader.GetString(4), Places = (string[])reader[5],
                ExternalId = reader.IsDBNull(6) ? null : reader.GetString(6), State = reader.GetString(7),
            });
        }
        return due;
    }

    private static async Task<IReadOnlyList<ProviderTemplate>> ListAsync(IHasTemplates provider, ChannelAccount account, CancellationToken ct)
    {
        var held = new List<ProviderTemplate>();
        await foreach (var template in provider.ListTemplatesAsync(account, ct))
            held.Add(template);
        return held;
    }

    // Lower case, digits and underscores only; ours by its beginning.
    private static string ProviderName(MessageTemplate template) => $"cea_{template.AccountId.Replace('-', '_')}_{template.Name}_{template.Lang.Replace('-', '_')}";
}
