using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cea.Sandbox.Telegram;

/// <summary>The parameters of one call of the Bot API, from wherever they came: address, form, multipart or JSON.</summary>
internal sealed class BotCall(JsonObject parameters)
{
    public static async Task<BotCall?> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        var parameters = new JsonObject();
        foreach (var (name, value) in request.Query)
            parameters[name] = value.ToString();
        if (request.HasFormContentType)
        {
            foreach (var (name, value) in await request.ReadFormAsync(ct))
                parameters[name] = value.ToString();
        }
        else if (request.HasJsonContentType())
        {
            try
            {
                if (await JsonNode.ParseAsync(request.Body, cancellationToken: ct) is not JsonObject body)
                    return null;
                foreach (var (name, value) in body)
                    parameters[name] = value?.DeepClone();
            }
            catch (JsonException)
            {
                return null;
            }
        }
        return new BotCall(parameters);
    }

    public string? Text(string name) => parameters[name] switch
    {
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        JsonValue value => value.ToJsonString(),
        _ => null,
    };

    public long? Number(string name) => long.TryParse(Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    public bool Flag(string name) => Text(name) is "true" or "True" or "1";

    public bool Has(string name) => parameters[name] is not null;

    /// <summary>An object or list: as it is in JSON, as text in a form.</summary>
    public JsonNode? Json(string name)
    {
        if (parameters[name] is not JsonValue value || !value.TryGetValue<string>(out var text))
            return parameters[name];
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>The Bot API says no.</summary>
internal sealed class BotRefusal(int code, string description, int? retryAfter = null) : Exception(description)
{
    public int Code => code;
    public int? RetryAfter => retryAfter;
}
