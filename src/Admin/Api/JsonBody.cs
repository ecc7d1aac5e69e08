using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;

namespace Cea.Admin.Api;

/// <summary>The body of a call to the API. What is returned can be read without a surprise: the parser lets through text that no string can hold.</summary>
internal static class JsonBody
{
    /// <summary>Null: no JSON, or JSON that names bytes or halves of characters that are no text.</summary>
    public static async Task<JsonElement?> ReadAsync(HttpContext context)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
            return IsText(document.RootElement) ? document.RootElement.Clone() : null;
        }
        catch (Exception odd) when (odd is JsonException or IOException and not BadHttpRequestException)
        {
            return null;
        }
    }

    private static bool IsText(JsonElement json)
    {
        var raw = JsonMarshal.GetRawUtf8Value(json);
        if (!Utf8.IsValid(raw))
            return false;
        if (raw.IndexOf("\\u"u8) < 0)
            return true;
        try
        {
            Walk(json);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false; // one half of a pair
        }
    }

    private static void Walk(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.String)
            _ = json.GetString();
        else if (json.ValueKind == JsonValueKind.Array)
            foreach (var one in json.EnumerateArray())
                Walk(one);
        else if (json.ValueKind == JsonValueKind.Object)
            foreach (var property in json.EnumerateObject())
            {
                _ = property.Name;
                Walk(property.Value);
            }
    }
}
