using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Cea.Feedback.Media;

namespace Cea.Host.Media;

/// <summary>Files as objects of one bucket, of Amazon's or of any server that speaks S3.</summary>
internal sealed class S3MediaStore(IAmazonS3 client, string bucket, string prefix) : IMediaStore, IDisposable
{
    public string Where => $"the bucket s3://{bucket}/{prefix.TrimEnd('/')}".TrimEnd('/') + (client.Config.ServiceURL is { Length: > 0 } url ? $" at {url.TrimEnd('/')}" : "");

    public Task WriteAsync(string name, ReadOnlyMemory<byte> content, CancellationToken ct) => AskAsync(async () =>
    {
        using var stream = new MemoryStream(content.ToArray(), writable: false);
        await client.PutObjectAsync(new PutObjectRequest { BucketName = bucket, Key = prefix + IMediaStore.PathOf(name), InputStream = stream, ContentType = "application/octet-stream", UseChunkEncoding = false }, ct);
        return true;
    }, ct);

    public Task<byte[]?> ReadAsync(string name, CancellationToken ct) => AskAsync(async () =>
    {
        try
        {
            using var answer = await client.GetObjectAsync(new GetObjectRequest { BucketName = bucket, Key = prefix + IMediaStore.PathOf(name) }, ct);
            using var content = new MemoryStream();
            await answer.ResponseStream.CopyToAsync(content, ct);
            return content.ToArray();
        }
        catch (AmazonS3Exception none) when (none.ErrorCode == "NoSuchKey")
        {
            return null;
        }
    }, ct);

    public Task DeleteAsync(string name, CancellationToken ct) => AskAsync(async () =>
    {
        try
        {
            await client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = bucket, Key = prefix + IMediaStore.PathOf(name) }, ct);
        }
        catch (AmazonS3Exception none) when (none.ErrorCode == "NoSuchKey")
        {
            // Amazon says nothing here, others do.
        }
        return true;
    }, ct);

    // A bucket with versions keeps what is deleted. Who may not ask, or a server that has none of it, is not told.
    public Task<string?> WarningAsync(CancellationToken ct) => AskAsync(async () =>
    {
        try
        {
            var versioning = await client.GetBucketVersioningAsync(new GetBucketVersioningRequest { BucketName = bucket }, ct);
            return versioning.VersioningConfig?.Status == VersionStatus.Enabled ? "it keeps versions, so what is erased stays there for as long as they do: let them expire within 30 days" : null;
        }
        catch (AmazonS3Exception)
        {
            return null;
        }
    }, ct);

    public void Dispose() => client.Dispose();

    // The provider's words may hold addresses and keys: its codes say enough.
    private async Task<T> AskAsync<T>(Func<Task<T>> act, CancellationToken ct)
    {
        try
        {
            return await act();
        }
        catch (AmazonServiceException refused) when (refused.StatusCode != 0)
        {
            throw new IOException($"{Where} refuses: {Plainly(refused)}", refused);
        }
        catch (Exception away) when (away is AmazonServiceException or AmazonClientException or HttpRequestException or WebException or TimeoutException || (away is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw new IOException($"{Where} does not answer, or there are no keys for it", away);
        }
    }

    private static string Plainly(AmazonServiceException refused) => refused.ErrorCode switch
    {
        "NoSuchBucket" => "there is no such bucket",
        "AccessDenied" => "these keys may not do that",
        "InvalidAccessKeyId" or "SignatureDoesNotMatch" => "the keys are wrong",
        { Length: > 0 } code => code,
        _ => $"HTTP {(int)refused.StatusCode}",
    };
}
