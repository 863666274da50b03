# Asks the hub what a model is made of and whether its files may be read, and prints one line of JSON.
# Arguments: repository, revision or "", JSON list of patterns, most files to print, timeout in seconds.
# Runs on the interpreter of the Hugging Face command, so that its settings count. Needs huggingface_hub 0.23 or later.
import json
import sys

# The current folder is no place for modules.
sys.path[:] = [entry for entry in sys.path if entry]


def causes(error):
    seen = []
    while error is not None and error not in seen and len(seen) < 8:
        seen.append(error)
        error = error.__cause__ or error.__context__
    return seen


def describe(error, stage):
    chain = causes(error)
    names = [kind.__name__ for link in chain for kind in type(link).__mro__]
    response = next((link.response for link in chain if getattr(link, "response", None) is not None), None)
    headers = getattr(response, "headers", {})
    return {
        "stage": stage,
        "kinds": names[:60],
        "status": getattr(response, "status_code", None),
        "code": headers.get("X-Error-Code"),
        "message": headers.get("X-Error-Message"),
        "retry": headers.get("Retry-After") or headers.get("RateLimit"),
        "text": " / ".join(str(link) or type(link).__name__ for link in chain)[:2000],
    }


def main(repo, revision, patterns, most, timeout):
    answer = {"version": None, "token": False, "commit": None, "files": [], "others": [], "count": 0, "error": None}
    stage = "import"
    try:
        import huggingface_hub
        from huggingface_hub import HfApi, get_hf_file_metadata, hf_hub_url
        from fnmatch import fnmatchcase

        answer["version"] = huggingface_hub.__version__
        stage = "token"
        from huggingface_hub import get_token

        answer["token"] = bool(get_token())
        api = HfApi()
        stage = "info"
        info = api.model_info(repo, revision=revision or None, files_metadata=True, timeout=timeout)
        answer["commit"] = info.sha
        for sibling in info.siblings or []:
            name = sibling.rfilename
            if patterns and not any(fnmatchcase(name, pattern) for pattern in patterns):
                if len(answer["others"]) < 500:
                    answer["others"].append(name)
                continue
            answer["count"] += 1
            if len(answer["files"]) < most:
                lfs = sibling.lfs
                digest = (lfs.get("sha256") if isinstance(lfs, dict) else getattr(lfs, "sha256", None)) if lfs else None
                answer["files"].append({"path": name, "size": sibling.size, "sha256": digest})
        if answer["files"]:
            # The list of a gated repository is public; its files are not.
            stage = "file"
            largest = max(answer["files"], key=lambda file: file["size"] or 0)
            url = hf_hub_url(repo, largest["path"], revision=info.sha or revision or None)
            get_hf_file_metadata(url, token=None, timeout=timeout)
    except Exception as error:
        answer["error"] = describe(error, stage)
        try:
            kinds = answer["error"]["kinds"]
            if "RevisionNotFoundError" in kinds:
                refs = api.list_repo_refs(repo)
                answer["others"] = [ref.name for ref in refs.branches + refs.tags][:500]
            elif "RepositoryNotFoundError" in kinds and "GatedRepoError" not in kinds:
                found = api.list_models(search=repo.split("/")[-1], limit=20)
                answer["others"] = [model.id for model in found]
        except Exception:
            pass
    print(json.dumps(answer))


main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
