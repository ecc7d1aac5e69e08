using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Cea.Feedback.Replies;

/// <summary>Gives a claimed sending its template, in the claim's transaction: the one chosen by an officer, or the one approved for its purpose in its language.</summary>
internal sealed class TemplateWear(NpgsqlConnection connection, KeyRing keys)
{
    public async Task<(OutboxClaim Claim, string? Refused)> ChosenAsync(OutboxClaim claim, int templateId, byte[]? values, CancellationToken ct)
    {
        await using var read = new NpgsqlCommand("select external_id from message_template where id = $1 and state = 'approved'", connection) { Parameters = { new() { Value = templateId } } };
        return await read.ExecuteScalarAsync(ct) is string externalId
            ? (claim with { Template = new TemplateUse(externalId, MessageTemplate.Open(keys, values)) }, null)
            : (claim with { Text = null }, SendFailure.Template.Code);
    }

    /// <summary>Only surveys, notices and escalations have one: what an officer wrote is never put into other words.</summary>
    public async Task<(OutboxClaim Claim, string? Refused)> ForPurposeAsync(OutboxClaim claim, string accountId, Guid? itemId, CancellationToken ct)
    {
        var purpose = claim.Purpose switch { "survey" => MessageTemplate.Survey, "notice" => MessageTemplate.Notice, "escalation" or "reminder" => MessageTemplate.Escalation, _ => "" };
        await using var find = new NpgsqlCommand("""
            select t.id, t.external_id, t.body, t.places, (select i.receipt_code from item i where i.id = $4), (select value from deployment where name = 'society')
            from message_template t where t.account_id = $1 and t.purpose = $2 and t.state = 'approved' and t.external_id is not null and t.lang in ($3, split_part($3, '-', 1), 'en')
            order by (t.lang = $3) desc, (t.lang = 'en'), t.id desc limit 1
            """, connection)
        {
            Parameters = { new() { Value = accountId }, new() { Value = purpose }, new() { Value = claim.Language.Length == 0 ? "en" : claim.Language }, new() { Value = (object?)itemId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid } },
        };
        int id;
        string externalId, body;
        var values = new List<string>();
        await using (var reader = await find.ExecuteReaderAsync(ct))
        {
            if (purpose.Length == 0 || !await reader.ReadAsync(ct))
                return (claim with { Text = null }, SendFailure.WindowClosed.Code);
            (id, externalId, body) = (reader.GetInt32(0), reader.GetString(1), reader.GetString(2));
            foreach (var place in (string[])reader[3])
            {
                values.Add(MessageTemplate.Value(place switch
                {
                    MessageTemplate.Code => reader.IsDBNull(4) ? "" : ReceiptCode.Read(reader.GetString(4)),
                    MessageTemplate.Society => reader.IsDBNull(5) ? "Red Cross Red Crescent" : reader.GetString(5),
                    _ => claim.Text?.Value,
                }));
            }
        }
        if (values.Any(v => v.Length is 0 or > MessageTemplate.LongestValue))
            return (claim with { Text = null }, SendFailure.WindowClosed.Code);
        // What goes out is what is kept: the provider's list is searched for it when a sending is in doubt.
        var said = MessageTemplate.Say(body, values);
        await using var keep = new NpgsqlCommand("update outbox set template_id = $2, template_values = $3, body = $4 where id = $1", connection)
        {
            Parameters = { new() { Value = claim.Id }, new() { Value = id }, new() { Value = MessageTemplate.Seal(keys, values) }, new() { Value = keys.Seal(said, "outbox") } },
        };
        await keep.ExecuteNonQueryAsync(ct);
        return (claim with { Text = new PersonalText(said), Template = new TemplateUse(externalId, [.. values.Select(v => new PersonalText(v))]) }, null);
    }
}
